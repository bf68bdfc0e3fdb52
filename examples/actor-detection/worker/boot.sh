# Runs as root at every boot of the machine: the newest detector is fetched, then it works through what is new.
set -euo pipefail
mkdir -p /opt/detector/code /opt/detector/work
aws s3 sync --delete "$RAW_URI/$CODE_PREFIX" /opt/detector/code
[ -x /opt/detector/venv/bin/python ] || python3 -m venv --system-site-packages /opt/detector/venv
/opt/detector/venv/bin/pip install --quiet --requirement /opt/detector/code/requirements.txt
cd /opt/detector/work
exec /opt/detector/venv/bin/python /opt/detector/code/main.py

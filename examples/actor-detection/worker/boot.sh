# Runs at every boot of the machine, as root: the newest detector is fetched, then it works through what is new.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -f "$here/detector/main.ts" ]; then
  # The machine of a developer has the sources beside this script, and what they need.
  program=$here/detector/main.ts
else
  home=${DETECTOR_HOME:-/opt/detector}
  mkdir -p "$home/work"
  cd "$home/work"
  command -v node > /dev/null || dnf install --assumeyes nodejs22
  [ -x "$home/venv/bin/python" ] || python3 -m venv "$home/venv"
  # Amazon Linux has no ffmpeg; this package is one.
  "$home/venv/bin/pip" install --quiet imageio-ffmpeg==0.6.0
  FFMPEG=$("$home/venv/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
  export FFMPEG
  aws s3 sync --delete "$RAW_URI/$CODE_PREFIX" "$home/code"
  program=$home/code/detector.mjs
fi
# A detector that dies goes on where it was; the machine is ended by its idleness or its age.
until node "$program"; do
  echo "the detector ended with $?; it is started again"
  sleep 2
done

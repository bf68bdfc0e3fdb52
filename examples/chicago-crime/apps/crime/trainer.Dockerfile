FROM python:3.11-slim
ENV PATH=/app/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt requirements-local.txt install.py ./
RUN python -m venv venv && venv/bin/pip install --no-cache-dir -r requirements.txt
COPY crime/*.py crime/
COPY crime/portal crime/portal
COPY crime/steps crime/steps
USER 65534
CMD ["python", "-m", "crime.steps.setup_s3"]

FROM python:3.11-slim
ENV PATH=/app/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt requirements-local.txt install.py ./
RUN python -m venv venv && venv/bin/pip install --no-cache-dir -r requirements.txt
COPY crime/__init__.py crime/objects.py crime/
COPY crime/serve/__init__.py crime/serve/bucket_page.py crime/serve/
USER 65534
EXPOSE 9001
CMD ["python", "-m", "crime.serve.bucket_page"]

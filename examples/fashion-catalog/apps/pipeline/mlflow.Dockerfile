FROM ghcr.io/mlflow/mlflow:v3.4.0
# What the image lacks for PostgreSQL and for artifacts in S3 or Cloud Storage.
RUN pip install --no-cache-dir psycopg2-binary==2.9.11 boto3==1.40.75 google-cloud-storage==3.5.0
ENV PATH=/app/venv/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /app
COPY requirements.txt requirements-base.txt requirements-local.txt install.py ./
COPY fashion/__init__.py fashion/__init__.py
COPY fashion/serve/__init__.py fashion/serve/mlflow_server.py fashion/serve/
USER 65534
CMD ["python", "-m", "fashion.serve.mlflow_server"]

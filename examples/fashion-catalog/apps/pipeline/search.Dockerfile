FROM python:3.11-slim
ENV PATH=/app/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt requirements-base.txt requirements-local.txt install.py ./
RUN python -m venv venv && venv/bin/pip install --no-cache-dir -r requirements.txt
COPY fashion/*.py fashion/
COPY fashion/serve/__init__.py fashion/serve/search.py fashion/serve/
USER 65534
EXPOSE 8802
CMD ["python", "-m", "fashion.serve.search"]

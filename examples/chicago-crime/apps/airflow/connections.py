"""Where Airflow's database and broker are, from the variables of the connected resources: `python connections.py database|results|broker`.

Airflow runs it by `AIRFLOW__*_CMD`, because a password is not put inside a text of sluice.yml
(https://airflow.apache.org/docs/apache-airflow/2.10.5/howto/set-config.html).
"""

import os
import sys
from collections.abc import Mapping
from urllib.parse import quote


def database(env: Mapping[str, str]) -> str:
    user, password = (quote(env[name], safe="") for name in ("DB_USER", "DB_PASSWORD"))
    return f"postgresql+psycopg2://{user}:{password}@{env['DB_HOST']}:{env['DB_PORT']}/airflow"


def results(env: Mapping[str, str]) -> str:
    return "db+" + database(env).replace("+psycopg2", "", 1)


def broker(env: Mapping[str, str]) -> str:
    """Over TLS the certificate is asked for; redis-py wants to be told so."""
    url = f"{env['VALKEY_URL']}/0"
    return f"{url}?ssl_cert_reqs=required" if url.startswith("rediss:") else url


KINDS = {"database": database, "results": results, "broker": broker}

if __name__ == "__main__":
    [_, kind] = sys.argv
    print(KINDS[kind](os.environ))

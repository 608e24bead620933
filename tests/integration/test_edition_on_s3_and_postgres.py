"""Two machines that share nothing but a bucket and a database: what one has made, the other does not pay for."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("newsletter", "--edition-date", "2026-03-10", "--articles", "2", "--json")


def on_machine(home: Path, environment: dict[str, str], *arguments: str) -> dict:
    given = {
        **os.environ,
        "PRESSROOM_HOME": str(home),
        "PRESSROOM_CONFIG": str(ROOT / "pressroom.toml"),
        "PRESSROOM_ENGINES": json.dumps({"assembler": "fake", "embedder": "ngram"}),
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-m", "pressroom", *arguments],
        cwd=ROOT, env=given, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_a_second_machine_reuses_every_step_of_the_first(s3_url, s3_environment, postgres_url, tmp_path):
    shared = {"PRESSROOM_STORAGE_URL": s3_url, "PRESSROOM_DATABASE_URL": postgres_url, **s3_environment}
    first = on_machine(tmp_path / "one", shared, *COMMAND)
    assert first["edition"]["status"] == "published"
    assert not (tmp_path / "one" / "objects").exists()
    second = on_machine(tmp_path / "two", shared, *COMMAND)
    assert {step["outcome"] for step in second["steps"]} == {"reused"}
    assert [a["sha256"] for a in second["assets"]] == [a["sha256"] for a in first["assets"]]
    page = Path(second["edition"]["page"])
    assert page.is_relative_to(tmp_path / "two")
    assert page.read_bytes() == Path(first["edition"]["page"]).read_bytes()
    assert on_machine(tmp_path / "two", shared, "verify", "--json") == {"ok": True, "faults": []}

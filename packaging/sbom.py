"""The bill of materials: each crate that is in a released program, as CycloneDX 1.5 JSON."""

import functools
import json
import tomllib
import uuid
from datetime import datetime, timezone

import project


def text(repository: str) -> str:
    """The document, the same for the same commit: its serial number is made from its contents."""
    packages = {package["id"]: package for package in project.metadata()["packages"]}
    nodes = {node["id"]: node for node in project.metadata()["resolve"]["nodes"]}
    roots = [id for id, package in packages.items() if package["name"] in (*project.PROGRAMS, project.MCP) and package["source"] is None]
    used = reachable(roots, nodes)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(project.commit_time(), timezone.utc).isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": "agent-handoff",
                "name": "agent-handoff",
                "version": project.version(),
                "licenses": [{"license": {"id": "MIT"}}],
                **({"externalReferences": [{"type": "vcs", "url": repository}]} if repository else {}),
                "properties": [
                    {"name": "git:commit", "value": project.commit()},
                    {"name": "rustc", "value": project.run("rustc", "--version")},
                ],
            },
        },
        "components": [component(packages[id]) for id in sorted(used, key=lambda id: reference(packages[id]))],
        "dependencies": [
            {"ref": "agent-handoff", "dependsOn": sorted(reference(packages[id]) for id in roots)},
            *sorted(
                (
                    {
                        "ref": reference(packages[id]),
                        "dependsOn": sorted({reference(packages[needed]) for needed in needs(nodes[id])}),
                    }
                    for id in used
                ),
                key=lambda entry: entry["ref"],
            ),
        ],
    }
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))}"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def reachable(roots: list[str], nodes: dict) -> set[str]:
    found, left = set(), list(roots)
    while left:
        id = left.pop()
        if id not in found:
            found.add(id)
            left += needs(nodes[id])
    return found


def needs(node: dict) -> list[str]:
    """What a crate is built with, without what only its tests need."""
    return [dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]


def reference(package: dict) -> str:
    if package["source"] is None:
        return f"agent-handoff/{package['name']}"
    return f"pkg:cargo/{package['name']}@{package['version']}"


@functools.cache
def checksums() -> dict[str, str]:
    """The SHA-256 of each crate as it was downloaded, by its reference."""
    lock = tomllib.loads((project.ROOT / "Cargo.lock").read_text())
    return {
        f"pkg:cargo/{package['name']}@{package['version']}": package["checksum"]
        for package in lock["package"]
        if "checksum" in package
    }


def component(package: dict) -> dict:
    described = {
        "type": "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
    }
    if package["license"]:
        described["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if package["source"] is not None:
        described["purl"] = reference(package)
        described["hashes"] = [{"alg": "SHA-256", "content": checksums()[reference(package)]}]
    if package["source"] is not None and package.get("repository"):
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described

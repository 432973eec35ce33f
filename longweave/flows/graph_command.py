"""``longweave graph``: the graphs of a run for people who look."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from longweave.flows.kg_graph import WOVEN, open_kg_graph, open_woven
from longweave.flows.kg_stages import kg_shards
from longweave.flows.settings import RunSettings
from longweave.kg.explore import describe_entity, find_entities, to_networkx, write_graphml
from longweave.synth.errors import InputError
from longweave.synth.files import join_path, path_exists
from longweave.synth.run_directory import read_run


def show_graph(run: str, entity: str, graphml: Path | None, radius: int) -> Iterator[str]:
    """Lines about the graphs of ``run``: how large each is, or what each says of ``entity``.

    With ``graphml``, what lies within ``radius`` hops of the entity is written there, of the graph with most
    mentions of it. Without an entity, every graph that has nodes is: where there are several, each into a
    file of its own, with the graph's key in its name.

    Raises:
        InputError: The run has no graph, or none knows the entity.
    """
    settings = RunSettings.model_validate(read_run(run).settings)
    keys = [key for key in kg_shards(settings) if path_exists(join_path(run, WOVEN, f"{key}.parquet"))]
    if not keys:
        raise InputError("the run has no graph", where=run, fix="Set kg in its settings and run it.")
    found: dict[str, int] = {}
    for key in keys:
        graph = open_kg_graph(run, key)
        nodes = find_entities(graph, entity) if entity else []
        if not entity:
            yield f"{key}: {graph.n_nodes:,} nodes, {graph.n_edges:,} edges, {len(graph.documents)} documents"
        elif nodes:
            found[key] = nodes[0]
            yield f"{key}"
            yield from describe_entity(graph, entity, open_woven(run, key).of_edge)
    if entity and not found:
        similar = [line for key in keys for line in describe_entity(open_kg_graph(run, key), entity)[1:]]
        names = f" Like it: {'; '.join(line.strip() for line in similar)}." if similar else ""
        raise InputError(f"no graph has {entity!r}", where=run, fix=f"Try another name.{names}")
    if graphml is not None:
        yield from _write(run, keys, found, graphml, radius)


def _write(
    run: str, keys: Sequence[str], found: Mapping[str, int], graphml: Path, radius: int
) -> Iterator[str]:
    if found:
        written = [max(found, key=lambda key: open_kg_graph(run, key).node(found[key]).n_mentions)]
    else:
        written = [key for key in keys if open_kg_graph(run, key).n_nodes] or list(keys[:1])
    for key in written:
        path = graphml if len(written) == 1 else graphml.with_stem(f"{graphml.stem}-{key}")
        shown = to_networkx(open_kg_graph(run, key), found.get(key), radius)
        write_graphml(shown, path)
        yield f"{path}: {len(shown)} nodes of {key}"

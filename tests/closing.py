"""Variables of a closed network among those of its supernet."""

from dartsx.networks import close, primitive
from dartsx.networks.open.place import exists


def closed_variables(space, network, variables, choices):
    """Variables of the closed network: the first channels of the supernet's, by the closed names."""
    shapes = {step.name: step.weights for step in close(network, choices).trace(8)}
    chosen = {"params": {}, "batch_stats": {}}
    for step in primitive(network.trace(8)):
        wanted = shapes.get(step.closed_name)
        if not step.weights or not wanted or not exists(step.place, choices):
            continue
        chosen["params"][step.closed_name] = {
            name: value[tuple(slice(n) for n in wanted[name].shape)]
            for name, value in variables["params"][step.name].items()
        }
        if step.name in variables["batch_stats"]:
            channels = wanted["scale"].shape[0]
            statistics = variables["batch_stats"][step.name]
            chosen["batch_stats"][step.closed_name] = {name: value[:channels] for name, value in statistics.items()}
    return chosen

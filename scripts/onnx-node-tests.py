"""Writes the node tests of the installed onnx package, as `npm run check:onnx-node-tests` reads them:
python scripts/onnx-node-tests.py DIR"""

import sys
from pathlib import Path

from onnx import TensorProto, numpy_helper
from onnx.backend.test.case import node


def write(path: Path, message) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.SerializeToString())


folder = Path(sys.argv[1])
for case in node.collect_testcases(None):
    directory = folder / case.name
    write(directory / "model.onnx", case.model)
    graph = case.model.graph
    for number, (inputs, outputs) in enumerate(case.data_sets or []):
        for kind, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            for index, (value, info) in enumerate(zip(values, infos)):
                if info.type.HasField("tensor_type"):
                    tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(value, info.name)
                    write(directory / f"test_data_set_{number}" / f"{kind}_{index}.pb", tensor)

"""Parses Swift with tree-sitter and names what is no Swift. Nothing is compiled: names and types are not looked at."""

import sys

import tree_sitter
import tree_sitter_swift


def faults(node):
    if node.type == "ERROR" or node.is_missing:
        yield node
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from faults(child)


parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
broken = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        root = parser.parse(file.read()).root_node
    for node in faults(root):
        print(f"{path}:{node.start_point[0] + 1}: {'missing' if node.is_missing else 'not understood'}: {node.text[:60].decode(errors='replace')!r}")
        broken += 1
print(f"{len(sys.argv) - 1} files, {broken} faults")
sys.exit(broken > 0)

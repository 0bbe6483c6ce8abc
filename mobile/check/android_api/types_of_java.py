"""Python's annotations of Java's types, read back as Java's."""

import ast
from dataclasses import dataclass

PRIMITIVES = {
    "java.jint": "I", "java.jlong": "J", "java.jboolean": "Z", "java.jfloat": "F",
    "java.jdouble": "D", "java.jbyte": "B", "java.jshort": "S", "java.jchar": "C",
}
RETURNS = {"int": "I", "bool": "Z", "float": "F", "str": "Ljava/lang/String;", "None": "V"}
BOXES = {
    "I": "Integer", "J": "Long", "Z": "Boolean", "F": "Float",
    "D": "Double", "B": "Byte", "S": "Short", "C": "Character", "V": "Void",
}
OBJECT = "Ljava/lang/Object;"


@dataclass
class Type:
    """Its descriptor, its generic signature, and whether it may be null."""

    descriptor: str
    signature: str = ""
    nullable: bool = False

    def __post_init__(self):
        self.signature = self.signature or self.descriptor

    def boxed(self):
        box = BOXES.get(self.descriptor)
        return Type(f"Ljava/lang/{box};") if box else self


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def base_name(node):
    return dotted(node.value if isinstance(node, ast.Subscript) else node)


class Reader:
    """Reads annotations of one module. `modules` holds the names of the classes of each."""

    def __init__(self, modules, module, variables):
        self.modules, self.module, self.variables = modules, module, variables

    def internal(self, name):
        """`android.net.Uri.Builder` -> `android/net/Uri$Builder`"""
        parts = name.split(".")
        if parts[0][:1].isupper() or parts[0] in self.modules.get(self.module, ()):
            return self.module.replace(".", "/") + "/" + "$".join(parts)
        for end in range(len(parts) - 1, 0, -1):
            package = ".".join(parts[:end])
            if package in self.modules:
                return package.replace(".", "/") + "/" + "$".join(parts[end:])
        first = next((at for at, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
        return "/".join(parts[:first]) + ("/" if first else "") + "$".join(parts[first:])

    def read(self, node):
        """A union stands for what Python may pass; the first Java type of it is meant."""
        choices = _union(node)
        nullable = any(_is_none(choice) for choice in choices)
        choices = [choice for choice in choices if not _is_none(choice)]
        if not choices:
            return Type("V")
        names = [dotted(choice) for choice in choices]
        for name in names:
            if name in PRIMITIVES:
                return Type(PRIMITIVES[name], nullable=nullable)
        if "java.lang.Object" in names:
            return Type(OBJECT, nullable=nullable)
        for choice, name in zip(choices, names):
            if len(choices) > 1 and name in ("int", "bool", "float", "str"):
                continue
            return self._nullable(choice, nullable)
        return self._nullable(choices[0], nullable)

    def _nullable(self, node, nullable):
        found = self._one(node)
        found.nullable = found.nullable or nullable
        return found

    def _one(self, node):
        name = dotted(node)
        if name in RETURNS:
            return Type(RETURNS[name])
        if isinstance(node, ast.Name) and node.id in self.variables:
            return Type(OBJECT, f"T{self.variables[node.id]};")
        if isinstance(node, ast.Subscript):
            return self._generic(node)
        if isinstance(node, ast.Constant) or name == "typing.Any" or name.startswith("java.chaquopy"):
            return Type(OBJECT)
        return Type(f"L{self.internal(name)};")

    def _generic(self, node):
        base = dotted(node.value)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base.endswith("JavaArray"):
            element = self.read(arguments[0])
            return Type("[" + element.descriptor, "[" + element.signature)
        read = [self.read(argument).boxed().signature for argument in arguments]
        inside = "".join("*" if argument == OBJECT else argument for argument in read)
        name = "java/lang/Class" if base == "typing.Type" else self.internal(base)
        return Type(f"L{name};", f"L{name}<{inside}>;")


def _union(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union(node.left) + _union(node.right)
    return [node]


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None

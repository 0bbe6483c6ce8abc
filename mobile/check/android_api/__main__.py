"""Makes a jar of the signatures of Android's API, for a compiler to check against: python3 android_api OUT.jar SITE_PACKAGES

The signatures come from Python packages that were generated on a device of that API (chaquopy-stubs-*). The classes do
nothing. What Python's types cannot say stands in overrides.txt.
"""

import ast
import os
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import classfile as jvm
import interfaces
from types_of_java import OBJECT, Reader, Type, base_name, dotted

# The compiler has its own of these.
NOT_OURS = ("java", "javax")


def main(out, site_packages):
    trees = load(site_packages)
    modules = {name: {node.name for tree in each for node in tree.body if isinstance(node, ast.ClassDef)} for name, each in trees.items()}
    overrides = read_overrides(Path(__file__).parent / "overrides.txt")
    classes, readers, bases = {}, {}, {}
    for module, each in trees.items():
        reader = Reader(modules, module, variables(each))
        for tree in each:
            for name, node in walk(tree, module.replace(".", "/") + "/"):
                classes[name], readers[name] = node, reader
                named = [base_name(base) for base in node.bases]
                bases[name] = [reader.internal(base) for base in named if base and not base.startswith("typing")]
    found, annotations = interfaces.find(classes, bases, overrides["class"], overrides["interface"])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as jar:
        for name in sorted(classes):
            made = make(name, classes[name], readers[name], found, annotations, overrides["return"])
            jar.writestr(f"{name}.class", made.bytes())
    print(f"{len(classes)} classes of Android's API, {len(found)} of them interfaces")


def load(site_packages):
    trees = {}
    for folder, _, files in os.walk(site_packages):
        parts = os.path.relpath(folder, site_packages).split(os.sep)
        if "__init__.pyi" not in files or not parts[0].endswith("-stubs"):
            continue
        parts[0] = parts[0].removesuffix("-stubs")
        if parts[0] not in NOT_OURS:
            trees.setdefault(".".join(parts), []).append(ast.parse(Path(folder, "__init__.pyi").read_text()))
    return trees


def read_overrides(path):
    overrides = {"return": {}, "class": set(), "interface": set()}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "return":
            overrides["return"][(words[1], words[2])] = Type(*words[3:])
        else:
            overrides[words[0]].add(words[1])
    return overrides


def variables(trees):
    """Python's names of type variables -> Java's."""
    found = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and dotted(node.value.func) == "typing.TypeVar":
                found[node.targets[0].id] = node.targets[0].id.split("__")[-1]
    return found


def walk(node, prefix):
    for part in node.body:
        if isinstance(part, ast.ClassDef):
            name = prefix + part.name
            yield name, part
            yield from walk(part, name + "$")


def make(name, node, reader, found, annotations, returns):
    is_interface = name in found
    made = jvm.ClassFile(name, jvm.PUBLIC | kind(name, found, annotations))
    variables_of_class, parent_signature, interface_signatures = inherit(made, node, reader, found)
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            made.fields.append(field(part, reader))
        if isinstance(part, ast.FunctionDef):
            add_method(made, part, reader, is_interface, returns)
    if variables_of_class or "<" in "".join([parent_signature, *interface_signatures]):
        declared = "".join(f"{variable}:{OBJECT}" for variable in variables_of_class)
        made.signature = (f"<{declared}>" if declared else "") + parent_signature + "".join(interface_signatures)
    parts = name.split("$")
    around = ["$".join(parts[:end]) for end in range(2, len(parts) + 1)]
    inside = [f"{name}${part.name}" for part in node.body if isinstance(part, ast.ClassDef)]
    made.nest = [(other, other in found) for other in around + inside]
    return made


def kind(name, found, annotations):
    if name in annotations:
        return jvm.INTERFACE | jvm.ABSTRACT | jvm.ANNOTATION
    return jvm.INTERFACE | jvm.ABSTRACT if name in found else jvm.SUPER


def inherit(made, node, reader, found):
    variables_of_class, parent_signature, interface_signatures = [], OBJECT, []
    for base in node.bases:
        if base_name(base) == "typing.Generic":
            arguments = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            variables_of_class = [reader.variables.get(dotted(argument), "T") for argument in arguments]
        elif base_name(base) and not base_name(base).startswith("typing"):
            name = reader.internal(base_name(base))
            read = reader.read(base) if isinstance(base, ast.Subscript) else Type(f"L{name};")
            if name in found or name in interfaces.JAVA_INTERFACES or name == interfaces.ANNOTATION:
                made.interfaces.append(name)
                interface_signatures.append(read.signature)
            elif not made.access & jvm.INTERFACE and name != jvm.OBJECT and made.parent == jvm.OBJECT:
                made.parent, parent_signature = name, read.signature
    return variables_of_class, parent_signature, interface_signatures


def field(part, reader):
    annotation = part.annotation
    is_static = isinstance(annotation, ast.Subscript) and dotted(annotation.value) == "typing.ClassVar"
    read = reader.read(annotation.slice if is_static else annotation)
    descriptor = OBJECT if read.descriptor == "V" else read.descriptor
    made = jvm.Member(part.target.id, descriptor, access=jvm.PUBLIC | (jvm.STATIC | jvm.FINAL if is_static else 0))
    if is_static and descriptor == "I":
        # Different constants differ, so that a `when` over them does not repeat itself.
        made.constant = sum(made.name.encode()) + len(made.name)
    if is_static and descriptor == "Ljava/lang/String;":
        made.constant = made.name
    return made


def add_method(made, part, reader, is_interface, returns):
    is_constructor, is_static = part.name == "__init__", interfaces.is_static(part)
    given = [argument for argument in part.args.posonlyargs + part.args.args if argument.arg != "self"]
    types = [reader.read(argument.annotation) for argument in given if argument.annotation is not None]
    rest = part.args.vararg
    if rest and rest.annotation is not None:
        element = reader.read(rest.annotation)
        types.append(Type("[" + element.descriptor, "[" + element.signature))
    if any(argument.descriptor == "V" for argument in types):
        return
    name = "<init>" if is_constructor else plain(part.name)
    returned = Type("V") if is_constructor or part.returns is None else reader.read(part.returns)
    if (made.name, name) in returns:
        returned = returns[(made.name, name)]
    arguments = "(" + "".join(argument.descriptor for argument in types) + ")"
    if any(method.name == name and method.descriptor.startswith(arguments) for method in made.methods):
        return
    own = method_variables(part, reader)
    declared = "<" + "".join(f"{variable}:{OBJECT}" for variable in own) + ">" if own else ""
    signature = declared + "(" + "".join(argument.signature for argument in types) + ")" + returned.signature
    is_abstract = is_interface and not is_static and (interfaces.has_unnamed_parameters(part) or not interfaces.parameters(part))
    access = jvm.PUBLIC | (jvm.STATIC if is_static else 0) | (jvm.VARARGS if rest else 0) | (jvm.ABSTRACT if is_abstract else 0)
    nullable = returned.nullable and returned.descriptor[0] in "L["
    made.methods.append(jvm.Member(name, arguments + returned.descriptor, signature, access, nullable, has_code=not is_abstract))


def plain(name):
    """Python's own words got an underscore."""
    return name[:-1] if name.endswith("_") and not name.startswith("_") else name


def method_variables(part, reader):
    mark = f"_{part.name.strip('_')}_"
    named = [node.id for node in ast.walk(part) if isinstance(node, ast.Name) and node.id in reader.variables and mark in node.id]
    return list(dict.fromkeys(reader.variables[name] for name in named))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Tells interfaces from classes, which Python's signatures do not: by constructors, by names, and by who inherits what."""

import ast

from types_of_java import base_name

JAVA_INTERFACES = {
    "java/lang/AutoCloseable", "java/io/Closeable", "java/lang/Runnable", "java/util/concurrent/Executor",
    "java/lang/Comparable", "java/lang/Iterable", "java/util/Collection", "java/util/List", "java/util/Map",
    "java/util/Set", "java/lang/CharSequence", "java/util/Iterator", "java/lang/Cloneable", "java/io/Serializable",
    "java/util/concurrent/Callable",
}
ANNOTATION = "java/lang/annotation/Annotation"
CALLBACKS = ("Listener", "Callback", "Observer", "Callbacks", "Parcelable", "Creator")
OF_OBJECT = ("finalize", "hashCode", "equals", "toString")


def methods(node):
    return [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name != "__init__"]


def has_constructor(node):
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)


def is_static(method):
    return any(base_name(decorator) == "staticmethod" for decorator in method.decorator_list)


def parameters(method):
    named = [argument.arg for argument in method.args.posonlyargs + method.args.args if argument.arg != "self"]
    return named + ([method.args.vararg.arg] if method.args.vararg else [])


def has_unnamed_parameters(method):
    """Only methods without a body lose the names of their parameters when they are compiled."""
    names = parameters(method)
    return bool(names) and all(name.startswith("arg") and name[3:].isdigit() for name in names)


def find(classes, bases, known_classes, known_interfaces):
    """`classes`: name -> node; `bases`: name -> names. Returns the interfaces, and the annotations among them."""
    certain = {}

    def is_class(name):
        if name not in certain:
            certain[name] = False
            certain[name] = decide(name)
        return certain[name]

    def decide(name):
        if name in known_classes or name in known_interfaces:
            return name in known_classes
        if name in classes:
            return has_constructor(classes[name]) or any(is_class(base) for base in bases[name])
        is_java = name.startswith("java/") and name not in JAVA_INTERFACES and name != "java/lang/Object"
        return is_java and not name.endswith(("able", "Executor", "Listener"))

    found = {name for name, node in classes.items() if name in known_interfaces or looks_like_one(name, node)}
    found = {name for name in found - known_classes if not is_class(name)}
    for name in classes:
        parents = [base for base in bases[name] if is_class(base)]
        if len(bases[name]) > 1 and parents:
            found |= {base for base in bases[name] if base != parents[0] and base in classes and base not in known_classes}
    annotations = {name for name in classes if ANNOTATION in bases[name]}
    return found | annotations, annotations


def looks_like_one(name, node):
    own = [method for method in methods(node) if not is_static(method)]
    if has_constructor(node) or any(method.name in OF_OBJECT for method in own):
        return False
    telling = [method for method in own if parameters(method)]
    named_so = name.split("$")[-1].split("/")[-1].endswith(CALLBACKS)
    if not telling:
        return bool(own) and named_so
    without_body = [has_unnamed_parameters(method) for method in telling]
    return any(without_body) and (named_so or all(without_body))

"""Class files as the Java virtual machine specification (chapter 4) has them, with signatures and no code that does anything."""

import struct
from dataclasses import dataclass, field

PUBLIC, STATIC, FINAL, SUPER, VARARGS, INTERFACE, ABSTRACT, ANNOTATION = 1, 8, 0x10, 0x20, 0x80, 0x200, 0x400, 0x2000
JAVA_8 = 52
OBJECT = "java/lang/Object"
NULLABLE = "Landroidx/annotation/Nullable;"


@dataclass
class Member:
    name: str
    descriptor: str
    signature: str | None = None
    access: int = PUBLIC
    nullable: bool = False
    constant: int | str | None = None
    has_code: bool = False


@dataclass
class ClassFile:
    name: str
    access: int
    parent: str = OBJECT
    interfaces: list = field(default_factory=list)
    signature: str | None = None
    fields: list = field(default_factory=list)
    methods: list = field(default_factory=list)
    # (name, is it an interface) of the classes around and inside this one
    nest: list = field(default_factory=list)

    def bytes(self):
        pool = _Pool()
        head = struct.pack(">HHH", self.access, pool.type(self.name), pool.type(self.parent))
        head += struct.pack(">H", len(self.interfaces))
        head += b"".join(struct.pack(">H", pool.type(name)) for name in self.interfaces)
        body = _list(_member(pool, member) for member in self.fields)
        body += _list(_member(pool, member) for member in self.methods)
        attributes = []
        if self.nest:
            entries = b"".join(_nested(pool, name, is_interface) for name, is_interface in self.nest)
            attributes.append(pool.attribute("InnerClasses", struct.pack(">H", len(self.nest)) + entries))
        if self.signature:
            attributes.append(pool.attribute("Signature", struct.pack(">H", pool.text(self.signature))))
        body += _list(attributes)
        return struct.pack(">IHH", 0xCAFEBABE, 0, JAVA_8) + pool.bytes() + head + body


class _Pool:
    def __init__(self):
        self.entries, self.index = [], {}

    def _add(self, entry):
        if entry not in self.index:
            self.entries.append(entry)
            self.index[entry] = len(self.entries)
        return self.index[entry]

    def text(self, value):
        raw = value.encode()
        return self._add(b"\x01" + struct.pack(">H", len(raw)) + raw)

    def type(self, name):
        return self._add(b"\x07" + struct.pack(">H", self.text(name)))

    def constant(self, value):
        if isinstance(value, int):
            return self._add(b"\x03" + struct.pack(">i", value))
        return self._add(b"\x08" + struct.pack(">H", self.text(value)))

    def attribute(self, name, content):
        return struct.pack(">HI", self.text(name), len(content)) + content

    def bytes(self):
        return struct.pack(">H", len(self.entries) + 1) + b"".join(self.entries)


def _list(parts):
    parts = list(parts)
    return struct.pack(">H", len(parts)) + b"".join(parts)


def _member(pool, member):
    attributes = []
    if member.constant is not None:
        attributes.append(pool.attribute("ConstantValue", struct.pack(">H", pool.constant(member.constant))))
    if member.has_code:
        # `aconst_null; athrow`, with room for every argument.
        code = struct.pack(">HHI", 1, 255, 2) + b"\x01\xbf" + struct.pack(">HH", 0, 0)
        attributes.append(pool.attribute("Code", code))
    if member.signature and member.signature != member.descriptor:
        attributes.append(pool.attribute("Signature", struct.pack(">H", pool.text(member.signature))))
    if member.nullable:
        note = struct.pack(">HHH", 1, pool.text(NULLABLE), 0)
        attributes.append(pool.attribute("RuntimeInvisibleAnnotations", note))
    head = struct.pack(">HHH", member.access, pool.text(member.name), pool.text(member.descriptor))
    return head + _list(attributes)


def _nested(pool, name, is_interface):
    outer, own = name.rsplit("$", 1)
    access = PUBLIC | STATIC | (INTERFACE | ABSTRACT if is_interface else 0)
    return struct.pack(">HHHH", pool.type(name), pool.type(outer), pool.text(own), access)

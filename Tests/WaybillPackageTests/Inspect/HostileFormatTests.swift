import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Inspecting hostile files` {
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: npy

    static func npy(_ header: String, data: Int = 0, version: UInt8 = 1, length: UInt16? = nil) -> [UInt8] {
        Npy.magic + [version, 0] + little(length ?? UInt16(header.utf8.count)) + text(header)
            + [UInt8](repeating: 1, count: data)
    }

    static func array(_ descr: String, _ shape: String = "(2,)") -> String {
        "{'descr': \(descr), 'fortran_order': False, 'shape': \(shape), }\n"
    }

    static let npys: [HostileFile] = [
        .init("version", npy("", version: 9), "unscanned npy: version 9.0 is not known"),
        .init("cut", npy("{", length: 9), "unscanned npy: ends at byte 11, before what it promises"),
        .init(
            "long header", Npy.magic + [2, 0] + little(UInt32(65_537)),
            "unscanned npy: the header is 65537 bytes long, more than 65536"),
        .init("a call", npy("__import__('os')"), "unscanned npy: no literal at byte 0 of the header"),
        .init(
            "an operator", npy("{'descr': '<f4' + 'x'}"),
            "unscanned npy: ',' or '}' is expected at byte 16 of the header"),
        .init("no dictionary", npy("('a',)"), "unscanned npy: the header is no dictionary"),
        .init(
            "a name twice", npy("{'a': 1, 'a': 2}"), "unscanned npy: the name 'a' stands twice at byte 15 of the header"
        ),
        .init(
            "deep", npy(String(repeating: "(", count: 40)),
            "unscanned npy: more than 16 levels at byte 16 of the header"),
        .init("an open string", npy("'a"), "unscanned npy: a string does not end at byte 1 of the header"),
        .init(
            "something after", npy("{} 1"), "unscanned npy: something follows the literal at byte 3 of the header"),
        .init(
            "missing", npy("{'descr': '<f4'}"),
            "unscanned npy: the header needs descr, fortran_order and shape, and nothing else"),
        .init("type", npy(array("'<q4'")), "unscanned npy: unknown type '<q4'"),
        .init("no size", npy(array("'<f'")), "unscanned npy: unknown type '<f'"),
        .init("huge", npy(array("'|V4294967297'")), "unscanned npy: an element of type '|V4294967297' is too large"),
        .init(
            "out of range", npy(array("'<f8'", "(4294967296, 4294967296)")),
            "unscanned npy: tensor '': the product of its shape is out of range"),
        .init(
            "number out of range", npy(array("'<f8'", "(99999999999999999999,)")),
            "unscanned npy: a number is out of range at byte 51 of the header"),
        .init("negative", npy(array("'<f8'", "(-1,)")), "unscanned npy: no literal at byte 51 of the header"),
        .init("short", npy(array("'<f4'"), data: 7), "unscanned npy: its shape needs 8 bytes, and 7 are there"),
        .init("long", npy(array("'<f4'"), data: 9), "unscanned npy: 1 bytes follow the array"),
        .init(
            "dimensions", npy(array("'<f4'", "(" + String(repeating: "1,", count: 65) + ")")),
            "unscanned npy: more than 64 dimensions"),
        .init(
            "objects in a field", npy(array("[('a', '<f4'), ('b', [('c', '|O')])]")),
            "unscanned its bytes are no pickle and no other format known here"),
    ]

    // MARK: GGUF

    static func gguf(
        _ body: [UInt8], tensors: UInt64 = 0, keys: UInt64 = 1, version: UInt32 = 3
    ) -> [UInt8] {
        GGUF.magic + little(version) + little(tensors) + little(keys) + body
    }

    static func string(_ string: String) -> [UInt8] { little(UInt64(string.utf8.count)) + text(string) }
    static let architecture = string("general.architecture") + little(UInt32(8)) + string("llama")

    static func tensor(_ name: String, _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) -> [UInt8] {
        string(name) + little(UInt32(shape.count)) + shape.flatMap { little($0) } + little(type) + little(offset)
    }

    static func weights(_ tensors: [UInt8]..., data: Int = 32) -> [UInt8] {
        var bytes = gguf(architecture + tensors.flatMap { $0 }, tensors: UInt64(tensors.count))
        bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
        return bytes + [UInt8](repeating: 1, count: data)
    }

    static let ggufs: [HostileFile] = [
        .init("version", gguf([], version: 1), "unscanned gguf: version 1 is not read here"),
        .init(
            "byte order", gguf([], version: 0x0300_0000),
            "unscanned gguf: version 50331648 is not read here: it is in big-endian order"),
        .init(
            "tensors", gguf([], tensors: 1 << 62, keys: 0),
            "unscanned gguf: 4611686018427387904 tensors are more than the file can hold, or than 1000000"),
        .init(
            "keys", gguf([], keys: 1 << 62),
            "unscanned gguf: 4611686018427387904 keys are more than the file can hold, or than 100000"),
        .init("no architecture", gguf([], keys: 0), "unscanned gguf: the key 'general.architecture' is missing"),
        .init(
            "key length", gguf(little(UInt64(65_536)) + [UInt8](repeating: 97, count: 65_536)),
            "unscanned gguf: a key is 65536 bytes long, more than 65535"),
        .init(
            "key", gguf(string("é") + [UInt8](repeating: 0, count: 9)),
            "unscanned gguf: a key before byte 34 is empty or not ASCII"),
        .init(
            "a key twice", gguf(architecture + architecture, keys: 2),
            "unscanned gguf: the key 'general.architecture' stands twice"),
        .init("type", gguf(string("k") + little(UInt32(13))), "unscanned gguf: the key 'k' has the unknown type 13"),
        .init(
            "boolean", gguf(string("k") + little(UInt32(7)) + [2]), "unscanned gguf: the key 'k' holds the boolean 2"),
        .init(
            "text", gguf(string("k") + little(UInt32(8)) + little(UInt64.max)),
            "unscanned gguf: the text of 'k' is 18446744073709551615 bytes long, more than 67108864"),
        .init(
            "array", gguf(string("k") + little(UInt32(9)) + little(UInt32(4)) + little(UInt64(1 << 62))),
            "unscanned gguf: the key 'k' holds 4611686018427387904 elements, more than the file can hold"),
        .init(
            "array of what", gguf(string("k") + little(UInt32(9)) + little(UInt32(99)) + little(UInt64(1))),
            "unscanned gguf: the key 'k' holds an array of the unknown type 99"),
        .init(
            "deep arrays",
            gguf(string("k") + little(UInt32(9)) + (0..<6).flatMap { _ in little(UInt32(9)) + little(UInt64(1)) }),
            "unscanned gguf: the key 'k' holds arrays more than 4 deep"),
        .init(
            "tensor name", weights(tensor(String(repeating: "n", count: 65), [1])),
            "unscanned gguf: a tensor's name is 65 bytes long, more than 64"),
        .init(
            "a tensor twice", weights(tensor("a", [8]), tensor("a", [8])), "unscanned gguf: the tensor 'a' stands twice"
        ),
        .init(
            "dimensions", weights(tensor("a", [1, 1, 1, 1, 1])),
            "unscanned gguf: tensor 'a' has 5 dimensions, more than 4"),
        .init("tensor type", weights(tensor("a", [8], type: 4)), "unscanned gguf: tensor 'a' has the unknown type 4"),
        .init(
            "row", weights(tensor("a", [8], type: 8)),
            "unscanned gguf: tensor 'a': a row of 8 does not fit blocks of 32"),
        .init(
            "out of range", weights(tensor("a", [1 << 32, 1 << 32])),
            "unscanned gguf: tensor 'a': the product of its shape is out of range"),
        .init(
            "place", weights(tensor("a", [8], offset: 8)),
            "unscanned gguf: tensor 'a' begins at byte 8 of the data; 0 is where it must"),
        .init(
            "past the end", weights(tensor("a", [9])), "unscanned gguf: tensor 'a' needs bytes 0 to 36 of 32"),
        .init(
            "after the last", weights(tensor("a", [8]), data: 65),
            "unscanned gguf: the last 33 bytes belong to no tensor"),
        .init(
            "alignment",
            gguf(architecture + string("general.alignment") + little(UInt32(4)) + little(UInt32(7)), keys: 2),
            "unscanned gguf: 'general.alignment' is 7, no power of two up to 1048576"),
        .init(
            "template",
            gguf(
                architecture + string("tokenizer.chat_template") + little(UInt32(8))
                    + string("{{ ''.__class__.__mro__ }}"), keys: 2),
            "dangerous tokenizer.chat_template: the template reaches into Python by names with two underscores"),
    ]

    // MARK: ONNX

    static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 1 << 14)
        let length: [UInt8] =
            bytes.count < 128 ? [UInt8(bytes.count)] : [UInt8(bytes.count & 127) | 128, UInt8(bytes.count >> 7)]
        return [number << 3 | 2] + length + bytes
    }

    static func onnx(_ graph: [UInt8]) -> [UInt8] { [0x08, 0x08] + field(7, graph) }
    static func weight(_ fields: [UInt8]) -> [UInt8] { onnx(field(5, [0x10, 0x01] + field(8, text("w")) + fields)) }
    static func pair(_ key: String, _ value: String) -> [UInt8] {
        [13 << 3 | 2] + [UInt8(4 + key.utf8.count + value.utf8.count)] + field(1, text(key)) + field(2, text(value))
    }

    static let onnxs: [HostileFile] = [
        .init("cut", [0x08, 0x08, 0x3A, 0x10, 0x0A], "unscanned onnx: ends at byte 5, before what it promises"),
        .init("cut inside", onnx([0x0A, 0x05]), "unscanned onnx: ends at byte 6, before what it promises"),
        .init("field zero", onnx([0x02, 0x00]), "unscanned onnx: no field begins at byte 4"),
        .init("group", onnx([0x0B]), "unscanned onnx: no field begins at byte 4"),
        .init(
            "long number", onnx(field(5, [0x10] + [UInt8](repeating: 0xFF, count: 10))),
            "unscanned onnx: a number before byte 17 is longer than 64 bits"),
        .init(
            "deep", onnx((0..<40).reduce([]) { inner, _ in field(1, field(5, field(6, inner))) }),
            "unscanned onnx: messages stand inside messages more than 64 deep"),
        .init("type", onnx(field(5, [0x10, 0x63])), "unscanned onnx: tensor '': unknown type 99"),
        .init(
            "negative", weight([0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]),
            "unscanned onnx: tensor 'w': a negative dimension"),
        .init(
            "out of range", weight([0x08] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]),
            "unscanned onnx: tensor 'w': the product of its shape is out of range"),
        .init(
            "length", weight([0x08, 0x02] + field(9, [1, 2, 3])),
            "unscanned onnx: tensor 'w' has 3 bytes; its shape and type need 8"),
        .init(
            "dimensions", weight(field(1, [UInt8](repeating: 1, count: 65))),
            "unscanned onnx: a tensor's shape has more than 64 numbers"),
        .init("not UTF-8", weight(field(8, [0xFF])), "unscanned onnx: a tensor's name at byte 13 is not UTF-8"),
        .init(
            "no location", weight([0x70, 0x01]), "unscanned onnx: tensor 'w': its external data has no location"),
        .init(
            "offset", weight(pair("location", "a") + pair("offset", "-1")),
            "unscanned onnx: tensor 'w': the offset of its external data is no number"),
        .init(
            "a key twice", weight(pair("location", "a") + pair("location", "b")),
            "unscanned onnx: tensor 'w' names its external data twice"),
        .init(
            "external length", weight([0x08, 0x02] + pair("location", "a") + pair("length", "9")),
            "unscanned onnx: tensor 'w' has 9 bytes of external data; its shape and type need 8"),
        .init(
            "absolute", weight(pair("location", "/etc/passwd")),
            "dangerous tensor 'w': external data: '/etc/passwd' is an absolute path; write it relative, without the first '/'"
        ),
        .init(
            "nowhere", weight(pair("location", "a")),
            "unscanned tensor 'w': external data 'a': there is no folder to look for it in"),
        .init(
            "tensors", onnx(field(5, [0x10, 0x01]) + field(5, [0x10, 0x01])), "unscanned onnx: more than 1 tensors",
            limits: limits { $0.tensors = 1 }),
    ]

    @Test(arguments: npys + ggufs) func `what npy and GGUF do not allow is refused`(_ file: HostileFile) {
        file.check()
    }
    @Test(arguments: onnxs) func `what ONNX does not allow is refused`(_ file: HostileFile) { file.check() }
}

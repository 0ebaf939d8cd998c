import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Inspecting Keras and torch zips` {
    typealias Member = ZipBuilder.Member

    static func keras(_ layers: String) -> [UInt8] {
        let config =
            #"{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[\#(layers)]},"registered_name":"Functional"}"#
        return ZipBuilder(
            Member("metadata.json", Array(#"{"keras_version":"3.5.0"}"#.utf8)),
            Member("config.json", Array(config.utf8))
        ).bytes
    }

    static let input = """
        {"module":"keras.layers","class_name":"InputLayer","registered_name":null,"config":{"batch_shape":[null,4],"dtype":"float32",
        "name":"x"}}
        """

    @Test func `input layers are what goes in`() {
        let dense =
            #"{"module":"keras.layers","class_name":"Dense","registered_name":null,"config":{"activation":{"module":"keras.activations","class_name":"function","config":"relu"}}}"#
        let found = Inspector().inspect(bytes: Self.keras("\(Self.input),\(dense)"), name: "m.keras")
        #expect(found.lines == [])
        #expect(found.format == "keras")
        #expect(found.inputs == [Tensor(name: "x", datatype: .FP32, shape: [-1, 4])])
        #expect(found.facts["layers"] == 2)
    }

    static func layer(_ module: String, _ name: String, _ config: String = "{}") -> [UInt8] {
        keras(#"{"module":"\#(module)","class_name":"\#(name)","config":\#(config),"registered_name":null}"#)
    }

    static let hostile: [HostileFile] = [
        .init(
            "Lambda", layer("keras.layers", "Lambda"), "dangerous config.json: Lambda runs Python code from the file"),
        .init(
            "lambda in a field",
            layer("keras.layers", "Dense", #"{"activation":{"class_name":"__lambda__","config":{}}}"#),
            "dangerous config.json: __lambda__ runs Python code from the file"),
        .init(
            "torch", layer("keras.layers", "TorchModuleWrapper"),
            "dangerous config.json: TorchModuleWrapper unpickles a torch module from the file"),
        .init("module", layer("os", "system"), "dangerous config.json: os.system is imported from outside of Keras"),
        .init(
            "module that only begins so", layer("keras_evil", "A"),
            "dangerous config.json: keras_evil.A is imported from outside of Keras"),
        .init(
            "function", layer("keras.utils", "function", #""get_file""#),
            "dangerous config.json: keras.utils gives the function 'get_file'"),
        .init(
            "function by its class", layer("keras.utils", "get_file"),
            "dangerous config.json: keras.utils gives the function 'get_file'"),
        .init(
            "builtin", layer("builtins", "function", #""exec""#),
            "dangerous config.json: builtins gives the function 'exec'"),
        .init(
            "own class", keras(#"{"class_name":"Mine","config":{},"registered_name":"acme>Mine"}"#),
            "unscanned config.json: 'acme>Mine' is a class of the author's own, which must be imported"),
        .init(
            "ReadFile", layer("keras.layers", "TFOpLambda", #"{"function":"io.read_file"}"#),
            "dangerous config.json: TFOpLambda calls functions that the file names",
            "dangerous config.json: the operation 'io.read_file' touches files"),
        .init(
            "vocabulary", layer("keras.layers", "StringLookup", #"{"vocabulary":"/etc/passwd"}"#),
            "dangerous config.json: a vocabulary is read from the path '/etc/passwd'"),
        .init("no JSON", keras("{"), "unscanned config.json: JSON: '\"' is expected at byte 76"),
    ]

    @Test(arguments: hostile) func `layers that run code are dangerous`(_ file: HostileFile) { file.check() }

    static func torch(_ members: Member...) -> [UInt8] {
        var builder = ZipBuilder(
            Member("m/data.pkl", [0x80, 2, 0x4E, 0x2E]), Member("m/byteorder", Array("little".utf8)),
            Member("m/data/0", [1, 2, 3, 4]), Member("m/version", Array("3\n".utf8)))
        builder.members += members
        return builder.bytes
    }

    @Test func `storages of torch are counted, its pickle is judged`() {
        let found = Inspector().inspect(bytes: Self.torch(), name: "m.pt")
        #expect(found.lines == [])
        #expect(found.format == "torch")
        #expect(found.facts["storages"] == 1)
        #expect(found.facts["storageBytes"] == 4)
    }

    @Test func `nothing else in a torch zip is passed over`() {
        let found = Inspector().inspect(
            bytes: Self.torch(
                Member("m/code/a.py", Array("x".utf8)), Member("m/data/x", [1]), Member("m/other.pkl", [0x80, 2, 0x2E]))
        )
        #expect(
            found.lines == [
                "unscanned m/code/a.py: is TorchScript code, which is not read here",
                "unscanned m/data/x: its bytes are no format known here",
                "unscanned m/other.pkl: STOP finds too little on the stack at byte 2",
            ])
    }

    /// A pickle of one tensor of three numbers, in a storage of as many that is called '0' unless it is said otherwise.
    static func tensor(storage: String = "0", count: UInt8 = 3, offset: UInt8 = 0, size: UInt8 = 3) -> [UInt8] {
        func text(_ text: String) -> [UInt8] { [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8) }
        var bytes: [UInt8] = [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8) + text("storage")
        bytes += Array("ctorch\nCharStorage\n".utf8) + text(storage) + text("cpu") + [0x4B, count, 0x74, 0x51]
        bytes += [0x4B, offset, 0x4B, size, 0x85, 0x4B, 1, 0x85, 0x89] + Array("ccollections\nOrderedDict\n".utf8)
        return bytes + [0x29, 0x52, 0x74, 0x52, 0x2E]
    }

    static func saved(_ pickle: [UInt8], storage: Int = 3) -> [UInt8] {
        ZipBuilder(
            Member("m/data.pkl", pickle), Member("m/data/0", [UInt8](repeating: 1, count: storage)),
            Member("m/version", Array("3\n".utf8))
        ).bytes
    }

    @Test func `a tensor of torch is told by what makes it`() {
        let found = Inspector().inspect(bytes: Self.saved(Self.tensor()), name: "m.pt")
        #expect(found.lines == [])
        #expect(found.tensors == [TensorFact(name: "", dtype: "int8", shape: [3])])
        #expect(found.facts["parameters"] == 3)
    }

    static let storages: [HostileFile] = [
        .init(
            "missing", saved(tensor(storage: "7")),
            "unscanned the object needs the storage '7', which is not there"),
        .init(
            "short", saved(tensor(), storage: 2),
            "unscanned m/data/0: is a storage of another size than the object says"),
        .init("past", saved(tensor(size: 4)), "unscanned m/data.pkl: the tensor '' reaches past its storage"),
        .init(
            "beginning past", saved(tensor(offset: 1)), "unscanned m/data.pkl: the tensor '' reaches past its storage"),
    ]

    @Test(arguments: storages) func `a tensor of torch that has not all its numbers is not safe`(_ file: HostileFile) {
        file.check()
    }

    @Test func `torch's older files are known`() {
        let bytes: [UInt8] = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        #expect(Inspector().inspect(bytes: bytes, name: "m.pt").format == "torch-legacy")
    }
}

import WaybillCore

/// The `config.json` of a Keras v3 model: what loading would build, by class and module.
///
/// Keras makes objects from names in this file; a name from anywhere but Keras's own layers is code that somebody chose.
struct KerasConfig {
    private static let budget = 200_000
    /// Classes of Keras that run code or open files which their configuration names.
    private static let runsCode: [String: String] = [
        "Lambda": "runs Python code from the file", "__lambda__": "runs Python code from the file",
        "TorchModuleWrapper": "unpickles a torch module from the file",
        "TFSMLayer": "loads a TensorFlow graph from a path in the file",
        "JaxLayer": "calls functions that the file names", "FlaxLayer": "calls functions that the file names",
        "TFOpLambda": "calls functions that the file names", "SlicingOpLambda": "calls functions that the file names",
    ]
    /// Where Keras keeps plain functions such as `relu`.
    private static let functionModules = [
        "activations", "losses", "metrics", "initializers", "regularizers", "constraints",
    ]

    private var findings: [Inspection.Finding] = []

    /// - Throws: when it is no JSON, or larger than is kept.
    static func inspect(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        var reader = JSONReader(ByteCursor(source))
        var budget = budget
        let value = try reader.value(budget: &budget)
        try reader.finish()
        var config = KerasConfig()
        config.walk(value, path: [])
        let layers = value["config"]?["layers"]?.list ?? []
        return Inspection(
            format: Format.json.rawValue, findings: config.findings, inputs: layers.compactMap { input($0) },
            facts: [
                "className": value["class_name"] ?? .null, "layers": .integer(Int64(layers.count)),
                "name": value["config"]?["name"] ?? .null,
            ])
    }

    private mutating func walk(_ value: Value, path: [String]) {
        switch value {
        case .object(let members):
            judge(members, path)
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { walk(member, path: path + [name]) }
        case .list(let items): for item in items { walk(item, path: path) }
        case .string(let text): judge(text, path)
        case .null, .bool, .integer, .number: break
        }
    }

    private mutating func judge(_ members: Members, _ path: [String]) {
        guard let name = members["class_name"]?.string else { return }
        let module = members["module"]?.string
        if let what = Self.runsCode[name] { report("\(name) \(what)") }
        guard let module else {
            // Without a module it is found among what the loading program registered.
            if let registered = members["registered_name"]?.string {
                report(
                    "\(registered.quotedForMessage) is a class of the author's own, which must be imported", .unscanned)
            }
            return
        }
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.first == "keras" || parts.first == "builtins" else {
            return report("\(module).\(name) is imported from outside of Keras")
        }
        // A class begins with a capital; a function may be named like one, or by its configuration.
        let isFunction = name == "function" || name.utf8.first.map { !(65...90).contains($0) } != false
        guard isFunction || parts.first == "builtins" else { return }
        let isPlain = parts.contains { Self.functionModules.contains(String($0)) }
        let function = name == "function" ? members["config"]?.string ?? "something" : name
        if !isPlain { report("\(module) gives the function \(function.quotedForMessage)") }
    }

    /// Operations of TensorFlow that touch files, by the names under which a configuration calls them.
    private mutating func judge(_ text: String, _ path: [String]) {
        let operations = ["ReadFile", "WriteFile", "read_file", "write_file", "io.read_file", "io.write_file"]
        if operations.contains(where: { text == $0 || text.hasSuffix(".\($0)") }) {
            report("the operation \(text.quotedForMessage) touches files")
        }
        if path.last == "vocabulary" { report("a vocabulary is read from the path \(text.quotedForMessage)") }
    }

    private mutating func report(_ message: String, _ verdict: Inspection.Verdict = .dangerous) {
        // The walk is over a value of bounded size, and so is this.
        let finding = Inspection.Finding(verdict, message)
        if !findings.contains(finding), findings.count < 1000 { findings.append(finding) }
    }

    /// What an input layer declares.
    private static func input(_ layer: Value) -> Tensor? {
        guard layer["class_name"]?.string == "InputLayer", let config = layer["config"],
            let shape = (config["batch_shape"] ?? config["batch_input_shape"])?.list,
            let dtype = config["dtype"]?.string ?? config["dtype"]?["config"]?["name"]?.string,
            let datatype = datatypes[dtype]
        else { return nil }
        return Tensor(
            name: config["name"]?.string ?? "", datatype: datatype, shape: shape.map { $0.integer ?? -1 })
    }

    private static let datatypes: [String: Tensor.Datatype] = [
        "float16": .FP16, "float32": .FP32, "float64": .FP64, "int8": .INT8, "int16": .INT16, "int32": .INT32,
        "int64": .INT64, "uint8": .UINT8, "uint16": .UINT16, "uint32": .UINT32, "uint64": .UINT64, "bool": .BOOL,
        "string": .BYTES,
    ]
}

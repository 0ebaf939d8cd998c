package import WaybillCore

/// How what a file declares agrees with what its `ModelVersion` says. A pure function of both.
package struct InterfaceAgreement: Hashable, Sendable {
    /// Each disagreement in a sentence.
    package var disagreements: [String] = []
    /// Whether the file declares anything to compare; when not, silence proves nothing.
    package var isConclusive: Bool

    package init(of inspection: Inspection, with version: ModelVersion) {
        isConclusive = !inspection.inputs.isEmpty || !inspection.outputs.isEmpty
        compareFormat(inspection.format, version.format)
        compare(version.inputs, with: inspection.inputs, "input")
        compare(version.outputs, with: inspection.outputs, "output")
    }

    /// What each family of formats may be found as; a family that is not here is the runtime's own.
    private static let families: [String: Set<String>] = [
        "onnx": ["onnx"], "safetensors": ["safetensors"], "gguf": ["gguf"], "keras": ["keras", "hdf5"],
        "lightgbm": ["lightgbm", "pickle", "joblib", "gzip", "zlib"], "numpy": ["npy", "npz"],
        "xgboost": ["xgboost-json", "xgboost-ubj", "pickle", "joblib", "gzip", "zlib"],
        "sklearn": ["pickle", "joblib", "gzip", "zlib", "bzip2", "xz"],
        "joblib": ["pickle", "joblib", "gzip", "zlib", "bzip2", "xz"],
        "pickle": ["pickle", "joblib", "gzip", "zlib"], "torch": ["torch", "torch-legacy", "safetensors"],
        "pytorch": ["torch", "torch-legacy", "safetensors"],
    ]

    private mutating func compareFormat(_ found: String?, _ stated: String) {
        // `sklearn-joblib` is of the family `sklearn`.
        let family = String(stated.prefix { $0 != "-" && $0 != "/" })
        guard let allowed = Self.families[family], let found, !allowed.contains(found) else { return }
        disagreements.append("the manifest says that the format is '\(stated)', and the file is \(found)")
    }

    private mutating func compare(_ stated: [Tensor], with found: [Tensor], _ what: String) {
        guard !stated.isEmpty, !found.isEmpty else { return }
        if found.count == 1, found[0].name.isEmpty { return compareWidth(stated, found[0], what) }
        let byName = Dictionary(found.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for tensor in stated {
            guard let other = byName[tensor.name] else {
                let names = found.map { "'\($0.name)'" }.joined(separator: ", ")
                disagreements.append("the file has no \(what) '\(tensor.name)'; it has \(names)")
                continue
            }
            if tensor.datatype != other.datatype || !Self.accepts(other.shape, tensor.shape) {
                disagreements.append(
                    "\(what) '\(tensor.name)': the manifest says \(Self.text(tensor)), the file \(Self.text(other))")
            }
        }
        // What the file asks for must be given; an output that nobody names is only not used.
        let names = Set(stated.map(\.name))
        for tensor in found where what == "input" && !names.contains(tensor.name) {
            disagreements.append(
                "the file needs the input '\(tensor.name)' (\(Self.text(tensor))), which the manifest has not")
        }
    }

    /// A file that names no inputs says how many columns it takes: in one tensor, or in several beside each other.
    private mutating func compareWidth(_ stated: [Tensor], _ found: Tensor, _ what: String) {
        guard let width = found.shape.last, width >= 0 else { return }
        var sum: Int64 = 0
        for tensor in stated {
            // A column by itself has the shape of the batch only.
            let columns = tensor.shape.count > 1 ? (tensor.shape.last ?? 1) : 1
            guard columns >= 0, case (let next, let overflow) = sum.addingReportingOverflow(columns), !overflow else {
                return
            }
            sum = next
        }
        if sum != width {
            disagreements.append("the manifest's \(what)s have \(sum) columns, and the file takes \(width)")
        }
    }

    /// Whether a tensor of the shape that the manifest allows always fits what the file takes.
    private static func accepts(_ file: [Int64], _ manifest: [Int64]) -> Bool {
        file.count == manifest.count && zip(file, manifest).allSatisfy { $0 == -1 || $0 == $1 }
    }

    private static func text(_ tensor: Tensor) -> String {
        "\(tensor.datatype.rawValue) [\(tensor.shape.map(String.init).joined(separator: ", "))]"
    }
}

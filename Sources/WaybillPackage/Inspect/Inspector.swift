import WaybillCore

/// Looks inside files without running any of them, by what their bytes are and never by their names.
///
/// Every outcome is said: a file that cannot be read to its end, or whose format is not known, is `unscanned`, never silently safe.
/// Work and memory are bounded by `InspectionLimits` whatever a file says. Safe to use from many tasks at once.
package struct Inspector: Sendable {
    let allowing: AllowList
    let limits: InspectionLimits

    /// `allowing` is what pickles may import and call.
    package init(allowing: AllowList = .shipped, limits: InspectionLimits = InspectionLimits()) {
        self.allowing = allowing
        self.limits = limits
    }

    /// What is inside the file at `path`; data that it keeps in other files is looked for in its folder and below.
    package func inspect(path: String) -> Inspection {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let folder = path.utf8.contains(UInt8(ascii: "/")) ? String(path.dropLast(name.count)) : "."
        do {
            let source = try FileBytes(path: path)
            var scan = Scan(
                budget: InspectionBudget(limits), neighbours: FolderNeighbours(folder: folder), allowing: allowing)
            return scan.inspect(source, name: name)
        } catch {
            return Inspection(format: nil, findings: [.init(.unscanned, error.words)])
        }
    }

    /// What is inside `source`, which was called `name` where it was found.
    func inspect(_ source: any ByteSource, name: String) -> Inspection {
        var scan = Scan(budget: InspectionBudget(limits), neighbours: NoNeighbours(), allowing: allowing)
        return scan.inspect(source, name: name)
    }
}

/// One look at one file and at everything inside it.
struct Scan {
    var budget: InspectionBudget
    let neighbours: any Neighbours
    let allowing: AllowList

    /// Never fails: what goes wrong is a finding.
    mutating func inspect(_ source: any ByteSource, name: String) -> Inspection {
        var inspection = inspectContent(source, name: name)
        if let found = inspection.format, let problem = Format.contradiction(of: name, found: found) {
            inspection.findings.append(.init(.dangerous, problem))
        }
        let isZip = [Format.zip, .npz, .keras, .torch].contains { $0.rawValue == inspection.format }
        do {
            if !isZip, try ZipDirectory.isPresent(in: source) {
                inspection.findings.append(
                    .init(.dangerous, "its end is that of a zip: a reader that looks there finds other content"))
            }
        } catch {
            inspection.findings.append(.init(.unscanned, error.words))
        }
        return inspection
    }

    private mutating func inspectContent(_ source: any ByteSource, name: String) -> Inspection {
        var format: Format?
        do throws(InspectionError) {
            guard source.size > 0 else { throw InspectionError.malformed("is empty") }
            format = try Format.found(in: source)
            guard let format else {
                // A pickle of a protocol without a sign of its own.
                if let pickle = PickleInspector(allowing: allowing).inspectUnknown(source) { return pickle }
                throw InspectionError.malformed("its bytes are no format known here")
            }
            return try inspect(source, as: format, name: name)
        } catch {
            let words = (format.map { "\($0.rawValue): " } ?? "") + error.words
            return Inspection(format: format?.rawValue, findings: [.init(.unscanned, words)])
        }
    }

    private mutating func inspect(
        _ source: any ByteSource, as format: Format, name: String
    ) throws(InspectionError) -> Inspection {
        switch format {
        case .safetensors: try Safetensors.inspect(source, limits: budget.limits)
        case .gguf: try GGUF.inspect(source, limits: budget.limits)
        case .onnx: try ONNX.inspect(source, scan: self)
        case .npy: try inspectNpy(source)
        case .lightgbm: try LightGBM.inspect(source)
        case .zip, .npz, .keras, .torch: try inspectZip(source)
        case .tar: try inspectTar(source)
        case .gzip: try inspectPacked(source, .gzip, as: format, name: name)
        case .zlib: try inspectPacked(source, .zlib, as: format, name: name)
        case .json, .xgboostJSON: try inspectJSON(source)
        case .xgboostUBJ: try inspectUBJSON(source)
        case .pickle, .joblib: inspectPickle(source)
        case .torchLegacy: inspectTorchLegacy(source)
        case .text: Inspection(format: format.rawValue)
        case .bzip2: try inspectPackedFile(source, .bzip2, as: format, name: name)
        case .xz: try inspectPackedFile(source, .xz, as: format, name: name)
        case .lzma: try inspectPackedFile(source, .lzma, as: format, name: name)
        case .hdf5: try inspectHDF5(source)
        case .zstd:
            Inspection(
                format: format.rawValue, findings: [.init(.unscanned, "is \(format.rawValue), which is not read here")])
        }
    }

    private func inspectJSON(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        var reader = JSONReader(ByteCursor(source))
        let model = try XGBoost.inspect(&reader, format: .xgboostJSON)
        try reader.finish()
        return model ?? Inspection(format: Format.json.rawValue)
    }

    private func inspectUBJSON(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        var reader = UBJSONReader(ByteCursor(source))
        let model = try XGBoost.inspect(&reader, format: .xgboostUBJ)
        try reader.finish()
        guard let model else { throw .malformed("it is UBJSON, and no model of XGBoost") }
        return model
    }
}

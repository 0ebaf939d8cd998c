import WaybillCore

extension Scan {
    /// Looks into every member of a zip, once the archive as a whole is sound.
    mutating func inspectZip(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        try budget.enter()
        defer { budget.leave() }
        let archive = try ZipArchive(source, budget: &budget)
        let kind = ZipKind(archive.entries.map(\.name))
        var inspection = Inspection(format: kind.format.rawValue, findings: archive.findings)
        // What two readers would read differently is not read at all.
        guard archive.findings.isEmpty else { return inspection }
        var formats: Set<String?> = []
        var storages: [String: PickleReport.Storage] = [:]
        for entry in archive.entries where !entry.isFolder && !kind.isStorage(entry.name) {
            let member: Inspection
            do {
                let content = try archive.content(of: entry, budget: &budget)
                member = try inspectMember(content, of: entry, kind, &inspection, &storages)
            } catch {
                member = Inspection(format: nil, findings: [.init(.unscanned, error.words)])
            }
            formats.insert(member.format)
            add(member, to: &inspection, at: entry.name)
        }
        if formats == [Format.npy.rawValue] {
            inspection.format = Format.npz.rawValue
            for index in inspection.tensors.indices where inspection.tensors[index].name.hasSuffix(".npy") {
                inspection.tensors[index].name.removeLast(4)
            }
        }
        inspection.facts["members"] = .integer(Int64(archive.entries.count))
        kind.nameTensors(&inspection)
        if kind.format == .torch { describeStorages(archive, kind, storages, &inspection) }
        return inspection
    }

    private mutating func inspectMember(
        _ content: any ByteSource, of entry: ZipEntry, _ kind: ZipKind, _ archive: inout Inspection,
        _ storages: inout [String: PickleReport.Storage]
    ) throws(InspectionError) -> Inspection {
        switch kind {
        case .keras where entry.name == "config.json":
            let keras = try KerasConfig.inspect(content)
            archive.inputs = keras.inputs
            archive.facts.merge(keras.facts) { _, new in new }
            return keras
        case .keras where entry.name.hasPrefix(ZipKind.weights):
            let weights = inspect(content, name: entry.name)
            archive.facts["parameters"] = weights.facts["parameters"]
            return weights
        case .torch(let top) where entry.name == "\(top)/data.pkl":
            let pickle: Inspection
            (pickle, storages) = PickleInspector(allowing: allowing).inspectTorchMember(content)
            archive.facts["parameters"] = pickle.facts["parameters"]
            return pickle
        case .torch(let top) where entry.name.hasPrefix("\(top)/code/"):
            archive.facts["torchscript"] = true
            return Inspection(format: nil, findings: [.init(.unscanned, "is TorchScript code, which is not read here")])
        case .keras, .torch, .other: return inspect(content, name: entry.name)
        }
    }

    /// The raw bytes of tensors: stored as they are, not looked into, since no loader takes them for anything else.
    /// `wanted` is what the object names.
    private func describeStorages(
        _ archive: ZipArchive, _ kind: ZipKind, _ wanted: [String: PickleReport.Storage], _ inspection: inout Inspection
    ) {
        var wanted = wanted
        var (count, bytes): (Int64, Int64) = (0, 0)
        for entry in archive.entries where kind.isStorage(entry.name) {
            count += 1
            bytes = bytes.addingReportingOverflow(entry.size).partialValue
            if entry.method != 0 || entry.isEncrypted || entry.size != entry.packedSize {
                inspection.findings.append(
                    .init(.unscanned, place: entry.name.shownAsPlace, "is no storage as torch writes it"))
            }
            let key = String(entry.name.split(separator: "/").last ?? "")
            guard let named = wanted.removeValue(forKey: key) else { continue }
            let (size, overflows) = named.count.multipliedReportingOverflow(by: named.elementSize)
            if overflows || size != entry.size {
                inspection.findings.append(
                    .init(
                        .unscanned, place: entry.name.shownAsPlace, "is a storage of another size than the object says")
                )
            }
        }
        for key in wanted.keys.sorted().prefix(10) {
            inspection.findings.append(
                .init(.unscanned, "the object needs the storage \(key.quotedForMessage), which is not there"))
        }
        inspection.facts["storages"] = .integer(count)
        inspection.facts["storageBytes"] = .integer(bytes)
    }
}

/// What a zip is meant to be, by the members that make it so.
enum ZipKind: Hashable {
    /// Everything stands below one folder.
    case torch(top: String)
    case keras
    case other

    init(_ names: [String]) {
        let suffix = "/data.pkl"
        let top = names.first { $0.hasSuffix(suffix) && $0.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1 }
        if let top = top?.dropLast(suffix.count), names.allSatisfy({ $0.hasPrefix("\(top)/") }) {
            self = .torch(top: String(top))
        } else if names.contains("config.json"), names.contains("metadata.json") {
            self = .keras
        } else {
            self = .other
        }
    }

    var format: Format {
        switch self {
        case .torch: .torch
        case .keras: .keras
        case .other: .zip
        }
    }

    /// Where Keras keeps the weights, in one of two formats.
    static let weights = "model.weights."

    /// A member that holds all tensors needs no place in their names.
    func nameTensors(_ inspection: inout Inspection) {
        let place =
            switch self {
            case .torch(let top): "\(top)/data.pkl".shownAsPlace
            case .keras: "model.weights.h5"
            case .other: ""
            }
        guard !place.isEmpty else { return }
        for index in inspection.tensors.indices {
            let name = inspection.tensors[index].name
            guard name == place || name.hasPrefix("\(place)/") else { continue }
            inspection.tensors[index].name = String(name.dropFirst(place.count + 1))
        }
    }

    /// `top/data/0` and so on in a torch zip.
    func isStorage(_ name: String) -> Bool {
        guard case .torch(let top) = self, name.hasPrefix("\(top)/data/") else { return false }
        let key = name.utf8.dropFirst(top.utf8.count + 6)
        return !key.isEmpty && key.allSatisfy { (0x30...0x39).contains($0) }
    }
}

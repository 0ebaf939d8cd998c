import Foundation
import WaybillCore
import WaybillPackage

/// What candidates answered before, in the state folder: of equal bundles, gates, data and runtimes equal measurements are taken from
/// there. What failed to be measured is not kept. Decides nothing: a measurement is judged anew each time.
struct MeasurementCache: Sendable {
    private let folder: String
    /// False: nothing is taken from it; what is measured is kept all the same.
    let isRead: Bool

    init(in folder: StateFolder, isRead: Bool) {
        self.folder = folder.validations
        self.isRead = isRead
    }

    /// Bytes of a file past which it is none of ours.
    private static let longest = 4 << 20

    /// The result of `gate` that was kept under `key`; nil without one, or when it is broken.
    func result(of gate: Gate, _ key: Digest) -> GateResult? {
        guard isRead, let handle = FileHandle(forReadingAtPath: path(key)),
            let data = try? handle.read(upToCount: Self.longest), let value = Value(json: [UInt8](data)),
            let kept = value["measured"], let measured = GateMeasurement(kept: kept, of: gate.kind)
        else { return nil }
        var inputs: [String: Digest] = [:]
        for (name, digest) in value["inputs"]?.object ?? [:] {
            guard let text = digest.string, let digest = try? Digest(parsing: text) else { return nil }
            inputs[name] = digest
        }
        return GateResult(gate: gate, measured: measured, inputs: inputs)
    }

    /// Keeps what reads back as it is. A full disk costs the next run its time, and this one nothing.
    func keep(_ result: GateResult, _ key: Digest) {
        // What says nothing is asked again.
        if case .latency = result.measured, result.judged.verdict == .inconclusive { return }
        let measured = result.measured.value
        guard GateMeasurement(kept: measured, of: result.gate.kind) == result.measured else { return }
        let value: Value = [
            "measured": measured,
            "inputs": .object(Members(result.inputs.mapValues { .string($0.description) })),
        ]
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try? Data(value.jsonBytes).write(to: URL(fileURLWithPath: path(key)), options: .atomic)
    }

    private func path(_ key: Digest) -> String { "\(folder)/\(key.hex).json" }
}

extension ValidationRun {
    /// Names what a gate measures of a candidate of `spec`: bundle, gate, data, runtime, claims, and the baseline where there is one. Nil
    /// when that cannot be told.
    func cacheKey(of gate: Gate, _ spec: RevisionSpec?) async -> Digest? {
        var lines = [
            "waybill.measured/1", bundle.descriptor.digest.description, gate.value.json, gate.judgement,
            spec?.revision.description ?? "no candidate",
            subject.version.metrics.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","),
        ]
        for name in gate.dataNames {
            guard let data = subject.checklist.rules.data(named: name) else { return nil }
            lines += [
                data.file.digest.description, data.format.rawValue, data.target, data.positive, String(data.batch),
                Value.list(data.features.map { .string($0) }).json, Value.list(data.classes.map { .string($0) }).json,
            ]
        }
        if case .command(let check) = gate.check {
            guard let code = try? await code(of: check) else { return nil }
            lines.append(code.digest.description)
        }
        if let than = gate.baseline {
            guard let there = try? await subject.baseline(in: than) else { return nil }
            lines += [there.version.id.description, there.spec.revision.description]
        }
        return Digest(of: lines.joined(separator: "\n").utf8)
    }
}

extension Gate {
    /// The labelled data that it is about.
    fileprivate var dataNames: [String] {
        switch check {
        case .metric(let check): [check.question.data]
        case .slice(let check): [check.question.data]
        case .command(let check): check.data
        case .integrity, .signed, .safeFormat, .interface, .license, .card, .golden, .latency,
            .reproducible:
            []
        }
    }

    /// The environment whose version it compares with.
    fileprivate var baseline: Name? {
        switch check {
        case .metric(let check): check.notWorse?.than
        case .latency(let check): check.notSlower?.than
        case .integrity, .signed, .safeFormat, .interface, .license, .card, .golden, .slice, .command,
            .reproducible:
            nil
        }
    }
}

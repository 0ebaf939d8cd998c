import WaybillAPI
import WaybillCore
import WaybillPackage

extension Conditions {
    /// With what is known of the version's packaging or validation, which changes while the engine waits for it and decides nothing.
    func telling(_ progress: String?, _ inspected: [InspectedFile], at time: Timestamp) -> Conditions {
        var told = self
        if let progress {
            for kind in [Condition.Kind.ready, .reconciling] {
                guard var condition = told[kind], condition.reason == Reason.progressing.rawValue else { continue }
                condition.message = progress
                told.set(condition)
            }
        }
        let unscanned = inspected.filter(\.isUnscanned)
        if let first = unscanned.first {
            let more = unscanned.count > 1 ? "; and \(unscanned.count - 1) more" : ""
            let why = first.findings.first.map { ": \($0)" } ?? ""
            told.set(
                Condition(
                    .unscanned, isTrue: true, reason: Reason.filesUnscanned.rawValue,
                    message: "\(first.path)\(why)\(more)", changedAt: time,
                    observedCommit: self[.ready]?.observedCommit))
        }
        return told
    }
}

extension InspectedFileView {
    init(_ file: InspectedFile) {
        self.init(
            path: file.path, verdict: file.verdict, format: file.format, findings: file.findings,
            disagreements: file.disagreements)
    }
}

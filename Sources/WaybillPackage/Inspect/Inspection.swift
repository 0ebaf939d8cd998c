package import WaybillCore

/// What looking inside a file found, without running any of it.
package struct Inspection: Hashable, Sendable {
    /// Whether loading the file can run code that nobody allowed.
    package enum Verdict: String, CaseIterable, Hashable, Sendable {
        /// Its bytes were read to their end and hold nothing that runs, or only what the allow list names.
        case safe
        /// Loading it would run, import or build something that is not allowed.
        case dangerous
        /// It could not be read to its end, or nobody here knows its format. Never taken for safe.
        case unscanned
    }

    /// One reason for a verdict, in a sentence: `REDUCE calls posix.system("id") at byte 41`.
    package struct Finding: Hashable, Sendable {
        package var verdict: Verdict
        /// Where inside the file: a member of an archive, then the byte; empty for the file as a whole.
        package var place: String
        package var message: String

        package init(_ verdict: Verdict, place: String = "", _ message: String) {
            self.verdict = verdict
            self.place = place
            self.message = message
        }
    }

    /// The format found in the bytes, such as `safetensors` or `pickle`; nil when none is known.
    package var format: String?
    package var findings: [Finding]
    /// Tensors that the header names, in its order.
    package var tensors: [TensorFact]
    /// What goes in and comes out as the file itself declares it; a name is empty where the format names none.
    package var inputs: [Tensor]
    package var outputs: [Tensor]
    /// What else the header says: metadata, operator sets, the count of parameters.
    package var facts: Members

    package init(
        format: String?, findings: [Finding] = [], tensors: [TensorFact] = [], inputs: [Tensor] = [],
        outputs: [Tensor] = [], facts: Members = [:]
    ) {
        self.format = format
        self.findings = findings
        self.tensors = tensors
        self.inputs = inputs
        self.outputs = outputs
        self.facts = facts
    }

    /// Dangerous if any finding is; else unscanned if any is, or if no format was found; else safe.
    package var verdict: Verdict {
        if findings.contains(where: { $0.verdict == .dangerous }) { return .dangerous }
        return format == nil || findings.contains { $0.verdict == .unscanned } ? .unscanned : .safe
    }
}

/// A tensor as a file's header describes it.
package struct TensorFact: Hashable, Sendable {
    package var name: String
    /// As the format writes it, such as `F32`.
    package var dtype: String
    package var shape: [UInt64]

    package init(name: String, dtype: String, shape: [UInt64]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
    }
}

/// What the pickles of one file were found to do.
struct PickleReport {
    /// The element size and the number of elements of a torch storage that a persistent id names.
    struct Storage: Hashable {
        var elementSize: Int64
        var count: Int64
    }

    /// Of the member of an archive that is read; empty for a whole file.
    let place: String
    let limits: PickleLimits
    private(set) var findings: [Inspection.Finding] = []
    private var untold = 0
    private var untoldVerdict = Inspection.Verdict.unscanned
    var imports: Set<String> = []
    var highestProtocol = 0
    var pickles = 0
    var arrays = 0
    /// A name that is not allowed was called, which no bytes do by chance.
    var calledByName = false
    var storages: [String: Storage] = [:]
    /// What torch's tensors are called in the object, as far as that could be followed.
    var tensors: [TensorFact] = []
    var hasMoreTensors = false

    init(place: String, limits: PickleLimits) {
        self.place = place
        self.limits = limits
    }

    var isDangerous: Bool { findings.contains { $0.verdict == .dangerous } || untoldVerdict == .dangerous }

    /// Adds a finding; gives its index when it was kept.
    @discardableResult
    mutating func add(_ verdict: Inspection.Verdict, _ message: String) -> Int? {
        guard findings.count < limits.findings else {
            untold += 1
            if verdict == .dangerous { untoldVerdict = .dangerous }
            return nil
        }
        findings.append(Inspection.Finding(verdict, place: place, message))
        return findings.count - 1
    }

    /// Says it better: what was imported is now called.
    mutating func replace(_ index: Int, _ message: String) { findings[index].message = message }

    /// All findings, the last one saying how many more there are.
    var told: [Inspection.Finding] {
        guard untold > 0 else { return findings }
        return findings + [Inspection.Finding(untoldVerdict, place: place, "and \(untold) more of this kind")]
    }
}

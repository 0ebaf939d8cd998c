import WaybillCore

extension ReviewPlan {
    /// Where something else serves than the base asks for, the plan is not what will happen.
    mutating func noteObserved(_ observed: [DeploymentKey: [String]]) {
        for group in groups {
            let asked = group.review.from?.description
            for key in group.keys {
                guard let serving = observed[key], serving != [asked].compactMap({ $0 }) else { continue }
                let names = serving.isEmpty ? "nothing serves" : "what serves is \(serving.joined(separator: ", "))"
                attention.append("\(key): \(names), while the commit in force asks for \(asked ?? "nothing")")
            }
        }
    }

    /// Evidence about other versions answers nothing here; that it was given is said, since somebody meant it to.
    mutating func noteStrangers(among evidence: [EvidenceReport]) {
        let known = Set(groups.flatMap { [$0.review.from, $0.review.to] }.compactMap { $0?.description })
        let others = Set(evidence.map(\.version)).subtracting(known).sorted()
        guard !others.isEmpty else { return }
        let more = others.count > 5 ? " and \(others.count - 5) more" : ""
        attention.append(
            "evidence was given about versions that this merge does not touch, and says nothing here: "
                + others.prefix(5).joined(separator: ", ") + more)
    }

    /// What of a group is missing, and what is to be looked at.
    mutating func judge(_ group: Group) {
        let (review, name) = (group.review, group.name)
        if let hold = review.hold { missing.append("\(name): \(hold)") }
        attention += review.path.warnings.map { "\(name): \($0)" }
        if review.isChecklistChanged {
            let now = review.checklist.map { "checklist \($0.name)" } ?? "nothing"
            attention.append(
                "\(name): what \(review.environment) asks of a version changes in this same merge, to \(now)")
        }
        guard let version = review.version else {
            attention += review.warnings.map { "\(name): \($0)" }
            return
        }
        judge(version.evidence, of: version.to, by: review)
        let breaking = version.interface.count(where: \.breaks)
        if breaking > 0 {
            attention.append(
                "\(name): \(breaking) change\(breaking == 1 ? "" : "s") of the interface may break its clients")
        }
        let worse = version.metrics.filter { $0.tendency == .worse }.map(\.name)
        if !worse.isEmpty { attention.append("\(version.to): worse by \(worse.joined(separator: ", "))") }
        let groups = version.slices.count { $0.tendency == .worse }
        if groups > 0 { attention.append("\(version.to): worse for \(groups) group\(groups == 1 ? "" : "s") of rows") }
        attention += review.warnings.map { "\(name): \($0)" }
        (missing, attention) = (Self.once(missing), Self.once(attention))
    }

    private mutating func judge(_ evidence: [EvidenceReport], of version: VersionID, by review: DeploymentReview) {
        for evidence in evidence where evidence.verdict != .passed {
            let words = "\(version) did not pass checklist \(evidence.checklist): \(evidence.verdict.rawValue)"
            // What the environment does not ask keeps nobody from merging.
            if review.checklist == nil || evidence.rules == review.checklist?.digest.description {
                missing.append(words)
            } else {
                attention.append(words)
            }
        }
        guard review.replacesServing else { return }
        if let checklist = review.checklist, review.asked.isEmpty {
            let others = evidence.contains { $0.checklist == checklist.name.text } ? " by the rules of this commit" : ""
            attention.append(
                "\(version): no evidence by checklist \(checklist.name)\(others) was given; the controller asks it before the first "
                    + "replica starts in \(review.environment)")
        } else if let checklist = review.checklist, review.provenPass == nil,
            let passed = review.asked.first(where: { $0.verdict == .passed }),
            case .unproven(let why) = review.proof(of: passed)
        {
            attention.append(
                "\(version): evidence by checklist \(checklist.name) says passed and is not proven: \(why); the controller asks it "
                    + "before the first replica starts in \(review.environment)")
        } else if evidence.isEmpty {
            attention.append("\(version): no evidence was given, so nothing here was measured by Waybill")
        }
    }

    private static func once(_ sentences: [String]) -> [String] {
        var seen: Set<String> = []
        return sentences.filter { seen.insert($0).inserted }
    }
}

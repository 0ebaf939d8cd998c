// Gates, people and commits.
extension LineageAssembly {
    /// The verdict that let the revision start.
    private var verdict: LedgerFact? {
        last(.versionValidated) { $0.event.actor == .controller && $0["revision"] == question.revision.description }
    }

    var judging: [LineageLink] {
        guard let verdict, let word = verdict["verdict"] else {
            let admitted = last(.revisionAdmitted) { $0["revision"] == question.revision.description }
            guard let admitted else {
                return [.missing(.checklist, because: "no entry says that gates were asked about this revision")]
            }
            return evidence(admitted, "admitted at \(admitted.event.time)")
        }
        let checklist = LineageLink(
            .checklist, named: verdict["checklist"], word, note: verdict["found"],
            .proven([verdict.saying("verdict", "checklist", "rules", "revision", "version")]))
        let gates = (verdict.event.body["gates"]?.object ?? [:]).compactMap { name, value in
            value.string.map { LineageLink(.gate, named: name, $0, .proven([verdict.saying("gates")])) }
        }
        return [checklist] + gates + evidence(verdict, nil)
    }

    private func evidence(_ fact: LedgerFact, _ note: String?) -> [LineageLink] {
        guard let digest = fact["evidence"] else {
            return [.missing(.evidence, because: "entry \(fact.index) names no evidence")]
        }
        return [LineageLink(.evidence, digest, note: note, .proven([fact.saying("evidence", "revision")]))]
    }

    /// The admission of the change that the plan carries out.
    var admission: LedgerFact? {
        guard let rendering = plan?["rendering"] else { return nil }
        return last(.changeAdmitted) { $0["rendering"] == rendering }
    }

    var deciding: [LineageLink] {
        guard let admission, let change = admission["change"] else {
            return [
                .missing(
                    .change,
                    because:
                        "no entry says that this change waited for anybody's word: the environment asks for none, or the fleet is not governed"
                )
            ]
        }
        let began = LineageLink(
            .change, change, note: "admitted at \(admission.event.time): \(admission["message"] ?? "")",
            .proven([admission.saying("change", "rendering", "commit", "required")]))
        return [began] + authors(admission) + approvals(admission) + overrides(admission) + rules(admission)
    }

    /// The access file by which people's words were judged, as far as the mirror has it.
    private func rules(_ admission: LedgerFact) -> [LineageLink] {
        guard let digest = admission["rules"] else { return [] }
        var proofs = [admission.saying("rules")]
        if let file = sources.statements.lazy.compactMap(\.access).first {
            proofs.append(file.saying(digest))
            let adopted = history.commits[file.commit.hex]?.first { $0.event.type != .commitObserved }
            if let adopted { proofs.append(adopted.saying("commit")) }
        }
        return [LineageLink(.rules, digest, note: "the access file in force", .proven(proofs))]
    }

    private func authors(_ admission: LedgerFact) -> [LineageLink] {
        let names = (admission.event.body["authors"]?.list ?? []).compactMap(\.string)
        if names.isEmpty { return [.missing(.author, because: "no signed proposal says who the author is")] }
        return names.map {
            LineageLink(.author, $0, .proven([.ledger(admission.index, says: ["authors": .string($0)])]))
        }
    }

    private func approvals(_ admission: LedgerFact) -> [LineageLink] {
        (admission.event.body["approvals"]?.list ?? []).compactMap { item in
            guard let person = item["person"]?.string, let key = item["key"]?.string else { return nil }
            let place = item["file"]?.string
            var proofs: [LineageProof] = [.ledger(admission.index, says: ["approvals": item])]
            var words = ["as \(item["role"]?.string ?? "?")"]
            if let statement = sources.statements.first(where: { $0.place == place }) {
                proofs.append(.statement(path: statement.path, key: statement.key, says: [admission["change"] ?? ""]))
                if let access = statement.access { proofs.append(access.saying(statement.keyText)) }
                if let issued = statement.text.split(separator: "\n").first(where: { $0.hasPrefix("issued ") }) {
                    words.append("signed \(issued.dropFirst(7))")
                }
            } else {
                words.append("its statement is not in the mirror any more")
            }
            if let evidence = item["evidence"]?.string { words.append("evidence \(evidence)") }
            return LineageLink(.approval, named: person, key, note: words.joined(separator: ", "), .proven(proofs))
        }
    }

    private func overrides(_ admission: LedgerFact) -> [LineageLink] {
        (admission.event.body["overrides"]?.list ?? []).compactMap { item in
            guard let person = item["person"]?.string, let key = item["key"]?.string else { return nil }
            return LineageLink(
                .override, named: person, key, note: item["reason"]?.string,
                .proven([.ledger(admission.index, says: ["overrides": item])]))
        }
    }

    // MARK: Fleet repository

    var repository: [LineageLink] {
        guard let id = plan?["commit"] ?? question.commit else {
            return [.missing(.commit, because: "no entry names the commit of this revision")]
        }
        let accepted = history.commits[id]?.last { $0.event.type == .commitAccepted }
        var links: [LineageLink] = []
        var proofs: [LineageProof] = [plan?.saying("commit", "to")].compactMap(\.self)
        if let accepted { proofs.append(accepted.saying("commit")) }
        links.append(
            proofs.isEmpty
                ? LineageLink(.commit, id, .claimed(by: "the answer's stamp", []))
                : LineageLink(.commit, id, note: accepted.map { "accepted at \($0.event.time)" }, .proven(proofs)))
        guard let commit = sources.commit else {
            return links + [.missing(.committer, because: "commit \(id.prefix(10)) is not in the mirror")]
        }
        func claim(_ subject: LineageLink.Subject, _ name: String?, _ value: String, by who: String) -> LineageLink {
            LineageLink(subject, named: name, value, .claimed(by: who, [.commit(commit.id, says: [value])]))
        }
        links.append(claim(.committer, "author", commit.author, by: "the commit"))
        if commit.committer != commit.author {
            links.append(claim(.committer, "committer", commit.committer, by: "the commit"))
        }
        if !commit.subject.isEmpty { links.append(claim(.message, nil, commit.subject, by: "the commit")) }
        return links + commit.trailers.map { claim(.trailer, $0.name, $0.value, by: "the commit") }
    }
}

package import WaybillCore

/// Says what the words found for one change are worth. Pure: the controller and `waybill approvals` call the same.
///
/// *Guarantees*: a person counts once, whatever their keys and roles; a bot, and the author of a change, never; nothing counts that
/// names another change, deployment, starting point, evidence or purpose, or whose key does not count at `now`. A rejection by
/// somebody whose approval could count blocks until it is withdrawn: its file is removed, or replaced by an approval.
/// *Assumptions*: `now` never runs backwards: it is the later of the wall clock and the ledger's last time.
package struct ApprovalJudge: Sendable {
    private let access: Access
    private let now: Timestamp
    private let change: Change
    private let policy: ApprovalPolicy
    /// Nil: nobody knows of which model it is.
    private let model: Name?
    /// Of the verdict on this change; nil: there is none.
    private let evidence: Digest?
    /// False where nobody can say which evidence there is, as in a clone: then one that is named is as good as another.
    private let knowsEvidence: Bool
    /// The role that counts without a grant of its own, for the rules themselves.
    private let role: AccessRole

    package init(
        access: Access, now: Timestamp, change: Change, policy: ApprovalPolicy, model: Name?, evidence: Digest?,
        knowsEvidence: Bool = true, role: AccessRole = .approver
    ) {
        self.knowsEvidence = knowsEvidence
        self.access = access
        self.now = now
        self.change = change
        self.policy = policy
        self.model = model
        self.evidence = evidence
        self.role = role
    }

    /// How far the clock of who signs may be ahead of this one.
    package static let clockSkew = Duration.seconds(300)

    package func judge(_ found: [FoundStatement]) -> ApprovalVerdict {
        var verdict = ApprovalVerdict(change: change, policy: policy)
        var words: [Word] = []
        for file in found.sorted(by: { $0.place < $1.place }) {
            do throws(Refusal) { words.append(try word(file)) } catch {
                verdict.void.append(
                    .init(place: file.place, person: error.person, why: error.why, isOfThisChange: isOfThis(file)))
            }
        }
        verdict.authors = Set(words.filter { $0.statement.kind == .propose }.map(\.person)).sorted()
        verdict.overrides = overrides(words.filter { $0.statement.kind == .override })
        let speaking = lastWords(words.filter { [.approve, .reject].contains($0.statement.kind) }, &verdict)
        for word in speaking.sorted(by: { $0.person < $1.person }) { count(word, &verdict) }
        verdict.missing = missing(verdict)
        verdict.void.sort { ($0.place, $0.why) < ($1.place, $1.why) }
        return verdict
    }

    /// A statement whose key, place, time and role are right.
    private struct Word {
        var person: Name
        var place: String
        var statement: ApprovalStatement
        var proven: ProvenStatement
    }

    private struct Refusal: Error {
        var person: Name?
        var why: String
    }

    private func isOfThis(_ file: FoundStatement) -> Bool {
        file.path.key == change.key && file.path.change == change.digest
    }

    // MARK: One file

    private func word(_ file: FoundStatement) throws(Refusal) -> Word {
        guard let proven = file.proven else {
            throw Refusal(person: nil, why: file.problem ?? "it cannot be read")
        }
        let person = try holder(proven.key)
        let statement = proven.statement
        guard file.path == ApprovalPath(statement, of: person) else {
            let named = ApprovalPath(statement, of: person).description
            throw Refusal(person: person, why: "it is not where it says it is: '\(named)'")
        }
        try checkSubject(statement, person)
        try checkTime(statement, person)
        if statement.kind != .propose { try checkRole(statement, person) }
        return Word(person: person, place: file.place, statement: statement, proven: proven)
    }

    private func holder(_ key: SSHPublicKey) throws(Refusal) -> Name {
        switch access.decide(key, seen: now) {
        case .allowed(let person), .missingRole(let person): return person
        case .unknownKey: throw Refusal(person: nil, why: "nobody in the access file has its key \(key.fingerprint)")
        case .notYetValid(let person, let from):
            throw Refusal(person: person, why: "the key of \(person) counts only from \(from.secondsText) on")
        case .expired(let person, let at):
            throw Refusal(person: person, why: "the key of \(person) counted until \(at.secondsText)")
        case .revoked(let person, let at):
            throw Refusal(person: person, why: "the key of \(person) was revoked at \(at.secondsText)")
        }
    }

    private func checkSubject(_ statement: ApprovalStatement, _ person: Name) throws(Refusal) {
        guard statement.key == change.key else {
            throw Refusal(person: person, why: "it is about \(statement.key)")
        }
        guard statement.change == change.digest else {
            throw Refusal(person: person, why: "it is about another change, \(statement.change.short)")
        }
        // A rejection is of what would be there, from wherever.
        guard statement.kind == .reject || statement.from == change.from else {
            let (said, serves) = (statement.from?.short ?? Change.absent, change.from?.short ?? "nothing")
            throw Refusal(person: person, why: "it starts from \(said), and \(serves) serves")
        }
    }

    private func checkTime(_ statement: ApprovalStatement, _ person: Name) throws(Refusal) {
        guard statement.issued <= now + Self.clockSkew else {
            throw Refusal(person: person, why: "it was given in the future, at \(statement.issued.secondsText)")
        }
        if let expires = statement.expires, expires <= now {
            throw Refusal(person: person, why: "it expired at \(expires.secondsText)")
        }
        guard statement.kind != .approve || now < statement.issued + policy.holds else {
            throw Refusal(
                person: person,
                why:
                    "it was given at \(statement.issued.secondsText), and an approval holds \(policy.holds.manifestText)"
            )
        }
    }

    private func checkRole(_ statement: ApprovalStatement, _ person: Name) throws(Refusal) {
        if access.isBot(person) { throw Refusal(person: person, why: "\(person) is a bot, whose word never counts") }
        if statement.kind == .override { return try checkOverride(statement, person) }
        let asked = policy.required.map(\.role)
        guard let role = statement.role, asked.contains(role) else {
            let said = statement.role?.text ?? ApprovalStatement.none
            throw Refusal(person: person, why: "it is given as \(said), and asked for is \(policy.summary)")
        }
        guard holds(person, role) else {
            throw Refusal(person: person, why: "\(person) has not the role \(role) here")
        }
    }

    /// Rules are never overridden: who could do that would hold all of them.
    private func checkOverride(_ statement: ApprovalStatement, _ person: Name) throws(Refusal) {
        guard role == .approver, statement.role == ApprovalPolicy.overriding,
            access.isGiven(.override, to: person, model: model, in: change.key.environment)
        else { throw Refusal(person: person, why: "\(person) has not the role override here") }
    }

    private func holds(_ person: Name, _ role: Name) -> Bool {
        access.isGiven(
            self.role, as: self.role == .approver ? role : nil, to: person, model: model,
            in: self.role.isOfFleet ? nil : change.key.environment)
    }

    // MARK: Together

    /// Each person's once, in the order of their names; the one given last counts.
    private func overrides(_ words: [Word]) -> [ApprovalVerdict.Override] {
        let last = Dictionary(words.map { ($0.person, $0) }) { left, right in
            left.statement.issued < right.statement.issued ? right : left
        }
        return last.values.sorted { $0.person < $1.person }.map { word in
            .init(
                person: word.person, place: word.place, key: word.proven.key, reason: word.statement.reason ?? "",
                expires: word.statement.expires)
        }
    }

    /// One word a person: the one given last, a rejection before an approval of the same second.
    private func lastWords(_ words: [Word], _ verdict: inout ApprovalVerdict) -> [Word] {
        var last: [Name: Word] = [:]
        for word in words {
            guard let other = last[word.person] else {
                last[word.person] = word
                continue
            }
            let isLater =
                (word.statement.issued, word.statement.kind == .reject ? 1 : 0)
                > (other.statement.issued, other.statement.kind == .reject ? 1 : 0)
            let (kept, dropped) = isLater ? (word, other) : (other, word)
            last[word.person] = kept
            // The same word in two places, as on a ref and then on the branch.
            if kept.proven == dropped.proven { continue }
            verdict.void.append(
                .init(
                    place: dropped.place, person: word.person, why: "\(word.person) counts once, by '\(kept.place)'",
                    isOfThisChange: true))
        }
        return Array(last.values)
    }

    private func count(_ word: Word, _ verdict: inout ApprovalVerdict) {
        guard let role = word.statement.role else { return }
        if word.statement.kind == .reject {
            verdict.rejections.append(
                .init(
                    person: word.person, role: role, place: word.place, reason: word.statement.reason ?? ""))
            return
        }
        if let why = refusal(of: word, authors: verdict.authors) {
            return verdict.void.append(
                .init(place: word.place, person: word.person, why: why, isOfThisChange: true))
        }
        verdict.given.append(
            .init(
                person: word.person, role: role, place: word.place, key: word.proven.key,
                evidence: word.statement.evidence, expires: word.statement.expires, presence: word.proven.presence))
    }

    private func refusal(of word: Word, authors: [Name]) -> String? {
        if authors.contains(word.person), !isSoleHolder(word.person) {
            return "\(word.person) proposed it, and an author's own approval does not count"
        }
        guard let named = word.statement.evidence else {
            return policy.requiresEvidence ? "it names no evidence, which \(change.key.environment) asks for" : nil
        }
        if !knowsEvidence { return nil }
        guard let evidence else { return "it names the evidence \(named.short), and nothing was validated" }
        return named == evidence
            ? nil : "it names the evidence \(named.short), and that of this change is \(evidence.short)"
    }

    /// The rules of a fleet that one person holds are that person's to change; it is warned about elsewhere.
    private func isSoleHolder(_ person: Name) -> Bool {
        role == .governor && access.governors == [person]
    }

    private func missing(_ verdict: ApprovalVerdict) -> [ApprovalVerdict.Missing] {
        let spoken = Set(verdict.given.map(\.person))
        func others(_ role: Name) -> [Name] {
            access.speakers.filter {
                holds($0, role) && !spoken.contains($0) && !verdict.authors.contains($0)
            }
        }
        var missing: [ApprovalVerdict.Missing] = policy.required.compactMap { asked in
            let lacking = asked.count - verdict.given.count { $0.role == asked.role }
            return lacking > 0 ? .init(role: asked.role, count: lacking, people: others(asked.role)) : nil
        }
        let surplus = policy.required.reduce(0) { sum, asked in
            sum + max(0, verdict.given.count { $0.role == asked.role } - asked.count)
        }
        let isAuthorKnown = !verdict.authors.isEmpty || spoken.contains(where: isSoleHolder)
        if !policy.required.isEmpty, !isAuthorKnown, surplus == 0 {
            let able = Set(policy.required.flatMap { others($0.role) })
            missing.append(.init(role: nil, count: 1, people: access.speakers.filter(able.contains)))
        }
        return missing
    }
}

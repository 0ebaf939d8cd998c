package import WaybillCore

/// What a merge would mean for the models that serve, made for a person who decides. A function of its input: it holds no time.
package struct ReviewPlan: Hashable, Sendable {
    /// Deployments of one environment to which the same happens.
    package struct Group: Hashable, Sendable {
        /// In order.
        package var keys: [DeploymentKey]
        package var review: DeploymentReview
    }

    package var base: CommitID
    package var head: CommitID
    /// Most important first.
    package var groups: [Group]
    /// Deployments to which nothing happens.
    package var unchanged: Int
    /// What is missing, each in a sentence; the merge should wait for it.
    package var missing: [String]
    /// What a reviewer should look at; nothing stops the merge because of it.
    package var attention: [String]
    package var problems: [String]
    /// Nil where nobody looked for words.
    package var approvals: ApprovalReview?
    /// Whether a controller was asked what is in force and what serves.
    package var isObserved: Bool

    package var mayMerge: Bool { missing.isEmpty }

    /// One line for the top.
    package var verdict: String {
        if !mayMerge {
            return "do not merge yet, \(missing.count) thing\(missing.count == 1 ? " is" : "s are") missing"
        }
        let governed = approvals?.governance == .ungoverned ? ", ungoverned" : ""
        if groups.isEmpty { return "may merge\(governed), nothing that serves changes" }
        let look = attention.isEmpty ? "" : ", \(attention.count) thing\(attention.count == 1 ? "" : "s") to look at"
        return "may merge\(governed)\(look)"
    }

    package struct Input: Sendable {
        package var base: DesiredState
        package var head: DesiredState
        package var plan: FleetPlan
        /// Of any versions; those that no deployment of the plan has are left out.
        package var evidence: [EvidenceReport]
        /// The versions that serve, by what a controller sees; nil: nobody was asked, and the base is taken for what runs.
        package var observed: [DeploymentKey: [String]]?
        /// What signatures of that evidence are worth, by environment and by the digest of the evidence.
        package var proofs: [Name: [Digest: EvidenceProof]] = [:]
        /// What locks name, by the digest of their bytes.
        package var packages: [Digest: [String: String]]
        /// The digests of locks by their paths, at either commit.
        package var locks: (base: [String: Digest], head: [String: Digest])
        /// Why the controller would not take the commit.
        package var hold: String?
        package var problems: [Diagnostic]
        package var approvals: ApprovalReview?

        package init(
            base: DesiredState, head: DesiredState, plan: FleetPlan, evidence: [EvidenceReport] = [],
            packages: [Digest: [String: String]] = [:],
            locks: (base: [String: Digest], head: [String: Digest]) = ([:], [:]), hold: String? = nil,
            problems: [Diagnostic] = [], approvals: ApprovalReview? = nil
        ) {
            (self.base, self.head, self.plan) = (base, head, plan)
            (self.packages, self.locks, self.hold, self.problems) = (packages, locks, hold, problems)
            self.approvals = approvals
            var seen: Set<Digest> = []
            self.evidence = evidence.filter { seen.insert($0.digest).inserted }.sorted {
                ($0.version, $0.checklist, $0.digest) < ($1.version, $1.checklist, $1.digest)
            }
        }
    }

    package init(_ input: Input) {
        (base, head) = (input.base.commit, input.head.commit)
        var builder = ReviewBuilder(input)
        groups = builder.groups()
        unchanged =
            input.head.deployments.count - input.plan.entries.count { input.head.deployments[$0.plan.key] != nil }
        problems = input.problems.map(DiagnosticText.headline)
        missing = []
        attention = []
        approvals = input.approvals
        isObserved = input.observed != nil
        let errors = input.problems.count { $0.severity == .error }
        if errors > 0 {
            missing.append(
                "\(errors) problem\(errors == 1 ? "" : "s") in manifests \(errors == 1 ? "is" : "are") to be mended")
        }
        if let hold = input.hold { missing.append("the controller would hold this commit: \(hold)") }
        missing += input.approvals?.missing ?? []
        attention += input.approvals?.attention ?? []
        for group in groups { judge(group) }
        noteObserved(input.observed ?? [:])
        noteStrangers(among: input.evidence)
    }
}

extension ReviewPlan.Group {
    /// `production/churn`, or `120 deployments of production`.
    package var name: String {
        if keys.count == 1, let key = keys.first { return key.description }
        return "\(keys.count) deployments of \(review.environment)"
    }
}

/// Gathers what is alike.
private struct ReviewBuilder {
    let input: ReviewPlan.Input
    private var versions: [Pair: VersionReview] = [:]
    private let here: Set<Digest>

    private struct Pair: Hashable {
        var from: VersionID?
        var to: VersionID
    }

    init(_ input: ReviewPlan.Input) {
        self.input = input
        here =
            input.plan.entries.isEmpty
            ? [] : Set(input.base.deployments.values.lazy.flatMap(\.spec.artifacts).map(\.digest))
    }

    mutating func groups() -> [ReviewPlan.Group] {
        var places: [DeploymentReview: Int] = [:]
        var groups: [ReviewPlan.Group] = []
        for entry in input.plan.entries {
            let review = review(entry)
            if let place = places[review] {
                groups[place].keys.append(entry.plan.key)
            } else {
                places[review] = groups.count
                groups.append(ReviewPlan.Group(keys: [entry.plan.key], review: review))
            }
        }
        return groups.enumerated().sorted {
            ($0.element.review.rank, $0.offset) < ($1.element.review.rank, $1.offset)
        }.map(\.element)
    }

    private mutating func review(_ entry: FleetPlan.Entry) -> DeploymentReview {
        let key = entry.plan.key
        let (old, new) = (input.base.deployments[key], input.head.deployments[key])
        let id = (new ?? old)?.spec.version.model
        var model: Model?
        if let id,
            case .model(let found)? = (input.head.resources[.model(id)] ?? input.base.resources[.model(id)])?.spec
        {
            model = found
        }
        let was = old?.spec.environment.flatMap { input.packages[$0.lockDigest] }
        let now = new?.spec.environment.flatMap { input.packages[$0.lockDigest] }
        var review = DeploymentReview(
            entry, from: old, to: new, version: version(old, new), model: model,
            runtimePackages: was.flatMap { was in now.map { ReviewItem.between(was, $0) } } ?? [], pull: pull(new),
            path: path(key, old, new))
        if new != nil {
            review.isChecklistChanged = asked(before: old, in: key.environment) != review.checklist?.digest
        }
        if let version = review.version {
            review.proofs = (input.proofs[key.environment] ?? [:]).filter { digest, _ in
                version.evidence.contains { $0.digest == digest }
            }
        }
        return review
    }

    /// The rules that the base asks of versions in `environment`; nil: none.
    private func asked(before old: DesiredDeployment?, in environment: Name) -> Digest? {
        if let old { return old.admission.checklist?.digest }
        guard case .environment(let found)? = input.base.resources[.environment(environment)]?.spec,
            let name = found.checklist, case .checklist(let rules)? = input.base.resources[.checklist(name)]?.spec
        else { return nil }
        return rules.digest
    }

    /// By the base's rules, which are those in force; by the head's where the environment is new.
    private func path(_ key: DeploymentKey, _ old: DesiredDeployment?, _ new: DesiredDeployment?) -> ReviewPath {
        let id = ResourceID.environment(key.environment)
        guard case .environment(let environment)? = (input.base.resources[id] ?? input.head.resources[id])?.spec else {
            return ReviewPath()
        }
        let upstream = environment.promotion.map { DeploymentKey(environment: $0.from, name: key.name) }
        let isNew = new != nil && old?.spec.version != new?.spec.version
        return ReviewPath(
            environment, version: isNew ? new?.spec.version : nil,
            upstream: upstream.flatMap { input.head.deployments[$0]?.spec.version })
    }

    private mutating func version(_ old: DesiredDeployment?, _ new: DesiredDeployment?) -> VersionReview? {
        guard let to = new?.spec.manifest, old?.spec.version != to.id else { return nil }
        let pair = Pair(from: old?.spec.version, to: to.id)
        if let known = versions[pair] { return known }
        let from = old?.spec.manifest
        let made = VersionReview(
            from: from, to: to, evidence: input.evidence,
            packages: (
                packages(from, input.locks.base), packages(to, input.locks.head)
            ))
        versions[pair] = made
        return made
    }

    private func packages(_ version: ModelVersion?, _ locks: [String: Digest]) -> [String: String]? {
        version?.environment.flatMap { locks[$0.lock] }.flatMap { input.packages[$0] }
    }

    private func pull(_ new: DesiredDeployment?) -> (size: Int64, missing: Int64) {
        let files = Dictionary(
            (new?.spec.artifacts ?? []).map { ($0.digest, max($0.size, 0)) }, uniquingKeysWith: { first, _ in first })
        return files.reduce(into: (size: Int64(0), missing: Int64(0))) { sum, file in
            sum.size &+= file.value
            if !here.contains(file.key) { sum.missing &+= file.value }
        }
    }
}

import Foundation
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillManifest
import WaybillPackage
import WaybillReport

/// What a merge would do, from two commits of a clone: the first is taken for what runs, and for what was accepted last.
struct CommitPlanning: OfflinePlanning {
    func plan(
        repository: String, path: String, base: String, head: String, material: ReviewMaterial
    ) async throws(Failure) -> OfflinePlan {
        let clone = try WorkingClone(containing: repository)
        let (from, to) = (try await clone.resolve(base), try await clone.resolve(head))
        // One loader for both, as the controller has: what breaks in between stays as it last was.
        let loader = FleetLoader(tree: clone, path: path)
        let before = try await loader.state(at: from)
        let after = try await loader.state(at: to)
        let plan = FleetPlan.between(base: before, head: after, at: .now) { old, new in
            FieldChange.between(old?.rendering, new?.rendering)
        }
        let hold = Self.hold(before, after, isAncestor: try await clone.contains(from, in: to))
        let sources = try await SourceCheck(tree: clone, loader: loader, commit: to)
            .problems(of: after.versions(since: before))
        let locks = try await LockCheck(tree: clone, loader: loader, commit: to)
            .problems(of: after.environments(since: before))
        let allowed = try await AllowListCheck(tree: clone, commit: to, path: path).problems()
        let problems = (after.diagnostics + sources + locks + allowed).sorted(by: Diagnostic.inOrder)
        var input = try await review(material, before, after, plan, in: clone, hold: hold, problems)
        input.approvals = await ApprovalReview.judged(clone, path: path, before: before, after: after, now: .now)
        let view = PlanView(
            basis: .commit, base: from, baseName: from.hex.hasPrefix(base) ? nil : base, commit: to,
            hold: hold,
            deployments: plan.entries.map {
                KeyPlanView($0, desired: after.deployments[$0.plan.key], held: before.held)
            },
            problems: problems)
        return OfflinePlan(view: view, review: ReviewPlan(input))
    }

    /// Reads what only the deployments of the plan need.
    private func review(
        _ material: ReviewMaterial, _ before: DesiredState, _ after: DesiredState, _ plan: FleetPlan,
        in clone: WorkingClone, hold: CommitHoldView?, _ problems: [Diagnostic]
    ) async throws(Failure) -> ReviewPlan.Input {
        let keys = plan.entries.map(\.plan.key)
        let (old, new) = (keys.compactMap { before.deployments[$0] }, keys.compactMap { after.deployments[$0] })
        var packages: [Digest: [String: String]] = [:]
        let was = try await material.locks(of: old, in: clone, at: before.commit, into: &packages)
        let now = try await material.locks(of: new, in: clone, at: after.commit, into: &packages)
        let given = try await material.evidence(about: Set((old + new).map(\.spec.version)))
        var input = ReviewPlan.Input(
            base: before, head: after, plan: plan, evidence: given.reports, packages: packages,
            locks: (base: was, head: now), hold: hold?.message, problems: problems)
        input.observed = material.controller?.serving
        input.proofs = try await proofs(
            of: given, by: material, for: new, in: clone, base: before.commit, head: after.commit)
        return input
    }

    /// What signatures of the evidence are worth, by the access file of the base: what the merge does to it names nobody yet.
    private func proofs(
        of given: GivenEvidence, by material: ReviewMaterial, for deployments: [DesiredDeployment],
        in clone: WorkingClone, base: CommitID, head: CommitID
    ) async throws(Failure) -> [Name: [Digest: EvidenceProof]] {
        guard !given.reports.isEmpty else { return [:] }
        let rules: EvidenceJudge.Rules
        do throws(Failure) {
            rules = try await AccessRules.load(clone, at: base).map { EvidenceJudge.Rules.access($0.access) } ?? .absent
        } catch {
            rules = .unreadable(error.message.split(separator: "\n").first.map(String.init) ?? error.message)
        }
        var judge = try EvidenceJudge(given.envelopes, rules: rules, now: .now)
        judge.controller = material.controller?.key
        var documents: [VersionID: Result<Digest, Failure>] = [:]
        var proofs: [Name: [Digest: EvidenceProof]] = [:]
        for deployment in deployments {
            let (environment, id) = (deployment.key.environment, deployment.spec.version)
            let about = given.reports.filter {
                $0.version == id.description && proofs[environment]?[$0.digest] == nil
            }
            guard !about.isEmpty, let version = deployment.spec.manifest else { continue }
            if documents[id] == nil {
                do throws(Failure) {
                    documents[id] = .success(try await version.documentDigest(in: clone, at: head))
                } catch { documents[id] = .failure(error) }
            }
            guard let document = documents[id] else { continue }
            for evidence in about {
                proofs[environment, default: [:]][evidence.digest] = judge.proof(
                    of: evidence, model: id.model, in: environment, document: document)
            }
        }
        return proofs
    }

    /// What the controller would say to `after`, had it accepted `before` last.
    private static func hold(_ before: DesiredState, _ after: DesiredState, isAncestor: Bool) -> CommitHoldView? {
        let population = CommitGate.Population(
            before: before.populationAfter(before), after: after.populationAfter(before))
        let verdict = CommitGate.decide(
            head: after.commit, lastAccepted: before.commit, containsAccepted: isAncestor, population: population,
            operatorAccepted: nil)
        guard case .hold(let hold) = verdict else { return nil }
        let message =
            hold.cause == .historyRewound
            ? "\(hold.commit.hex) does not contain \(before.commit.hex); as the branch itself it is held until "
                + "'waybill accept'. If it is to be merged, give 'git merge-base' of both as --base"
            : hold.message
        return CommitHoldView(
            reason: hold.cause.rawValue, message: message, commit: hold.commit, accepted: hold.accepted)
    }
}

extension DesiredState {
    /// Of deployments, those that `earlier` has not.
    fileprivate func environments(since earlier: DesiredState) -> [PythonEnvironment] {
        let known = Set(earlier.deployments.values.compactMap(\.spec.environment))
        return Set(deployments.values.compactMap(\.spec.environment)).subtracting(known)
            .map { PythonEnvironment(python: $0.python, lock: $0.lock) }.sorted { $0.lock < $1.lock }
    }

    /// Bytes of `artifacts` that a deployment of this state has, were it what runs, and of all of them; equal files count once.
    fileprivate func held(_ artifacts: [Artifact]) -> (done: Int64, total: Int64) {
        let here = Set(deployments.values.lazy.flatMap(\.spec.artifacts).map(\.digest))
        let sizes = Dictionary(artifacts.map { ($0.digest, max($0.size, 0)) }, uniquingKeysWith: { first, _ in first })
        return sizes.reduce(into: (done: 0, total: 0)) { sum, file in
            sum.total &+= file.value
            if here.contains(file.key) { sum.done &+= file.value }
        }
    }
}

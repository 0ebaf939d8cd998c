import Foundation
import Glibc
import WaybillAPI
import WaybillCore
import WaybillGateway
import WaybillGit
import WaybillLedger
import WaybillServing
import WaybillTrust

/// What the installed libgit2 can do, and whether the fleet repository's address makes sense to it.
struct GitCheck: Check {
    var features = LibGit2Features.installed

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let problems = features.problems.map { problem in
            let parts = problem.split(separator: "; ", maxSplits: 1).map(String.init)
            return Finding.problem("git", parts[0], remedy: parts.count > 1 ? parts[1] : "install Debian's libgit2-1.5")
        }
        let library =
            problems.isEmpty ? [Finding.ok("git", "libgit2 \(features.version) with https, ssh and threads")] : problems
        return library + [repository(configuration)]
    }

    private func repository(_ configuration: WaybillConfiguration) -> Finding {
        guard let url = configuration.repository.url else {
            return .warning(
                "git", "no fleet repository is set",
                remedy: "set repository.url in waybill.yaml; 'waybill run' needs it")
        }
        do {
            _ = try RemoteAddress(parsing: url)
            return .ok("git", "watches \(configuration.repository.branch) of \(url)")
        } catch {
            return .problem("git", "repository.url: \(error.message)", remedy: "mend it in waybill.yaml")
        }
    }
}

/// What this machine is as a target: keeper, isolation, limits, devices. Ports are `PortsCheck`'s.
struct TargetCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let shim: String
        do throws(Failure) {
            shim = try Executables.shim()
        } catch {
            return [.problem("keeper", error.message, remedy: "install waybill-shim beside waybill")]
        }
        var settings = LocalTargetSettings(state: configuration.stateFolder, shim: shim)
        settings.ports = configuration.ports
        settings.users = configuration.isolationUsers
        return await LocalTargetFacts.look(settings).findings.filter { $0.subject != "ports" }.map(Finding.init)
    }
}

extension Finding {
    fileprivate init(_ fact: LocalTargetFacts.Finding) {
        let level: Level =
            switch fact.level {
            case .ok: .ok
            case .warning: .warning
            case .problem: .problem
            }
        self.init(subject: fact.subject, level: level, message: fact.message, remedy: fact.remedy)
    }
}

/// Whether the gateway answers, when it should.
struct GatewayCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let folder = StateFolder(at: URL(fileURLWithPath: configuration.stateFolder))
        if let status = await GatewayClient(stateFolder: folder.gateway).status() {
            guard let problem = status.tableProblem else {
                return [.ok("gateway", "answers at \(status.address) (process \(status.pid), build \(status.build))")]
            }
            return [
                .problem(
                    "gateway", "serves an older table: \(problem)",
                    remedy: "look at its log, \(folder.gateway)/gateway.log")
            ]
        }
        let isControlled = (try? await ControlClient(stateFolder: configuration.stateFolder).build()) != nil
        guard isControlled else { return [.ok("gateway", "does not run; 'waybill run' starts it")] }
        return [
            .problem(
                "gateway", "does not answer, and a controller runs",
                remedy: configuration.startsGateway
                    ? "look at its log, \(folder.gateway)/gateway.log" : "start it with 'waybill gateway'")
        ]
    }
}

/// Whether the ledger can be read to its end. `audit verify` proves more.
struct LedgerCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        let folder = StateFolder(at: URL(fileURLWithPath: configuration.stateFolder)).ledger
        guard access(folder, F_OK) == 0 else {
            return [.ok("ledger", "there is none yet; 'waybill run' begins it")]
        }
        do throws(Failure) {
            guard let newest = try await LedgerReader(folder: folder).newestCheckpoint()?.checkpoint else {
                return [.ok("ledger", "has no entry yet")]
            }
            return [.ok("ledger", "\(newest.size) entries, \(newest.origin)")] + statementKey(configuration)
        } catch {
            return [
                .problem(
                    "ledger", error.message,
                    remedy: "'waybill audit verify' says which byte; do not write to it by hand")
            ]
        }
    }

    /// The public half of the key that signs statements, once a controller has made it.
    private func statementKey(_ configuration: WaybillConfiguration) -> [Finding] {
        let path = StateFolder(at: URL(fileURLWithPath: configuration.stateFolder)).statementPublicKey
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        return [.ok("statement key", String(decoding: bytes.prefix(1024), as: UTF8.self).trimmed.harmless)]
    }
}

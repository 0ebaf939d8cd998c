import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

/// A controller that is root and may make no mount namespace, as in a container without `CAP_SYS_ADMIN`.
@Suite struct NoMountsTests {
    private static let setpriv = "/usr/bin/setpriv"
    private static let canTry = geteuid() == 0 && access(setpriv, X_OK) == 0
    private static let withoutMounts = [setpriv, "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    /// Of the paths on standard input, those that its user can read or write.
    private static let script =
        "import os, sys; print([p for p in sys.stdin.read().split('\\0') if os.access(p, os.R_OK) or os.access(p, os.W_OK)])"

    @Test(.enabled(if: canTry, "takes a right of root away with setpriv"))
    func `file modes keep replicas apart where nothing can be mounted`() async throws {
        try await withFleet { fleet in
            try fleet.version("1.1.0")
            try fleet.deploy("1.0.0", replicas: 2)
            try fleet.deploy("1.1.0", as: "other")
            try await fleet.push("first")
            try await fleet.start(under: Self.withoutMounts)
            try await fleet.serves("production/risk-score", "1.0.0")
            try await fleet.serves("production/other", "1.1.0")
            // Started beside the store, the route table and the socket that stand by now.
            _ = try await fleet.client.perform(.restart(try key("production/other")))
            try await fleet.serves("production/other", "1.1.0")
            let open = try await Self.open(in: fleet)
            #expect(!open.isEmpty)
            #expect(open.allSatisfy { $0.hasPrefix("\(fleet.state)/models/sets/") }, "\(open)")
        }
    }

    /// What a user that has nothing to do with the fleet can use in its state folder, knowing every name in it.
    private static func open(in fleet: Fleet) async throws -> [String] {
        let names = FileManager.default.enumerator(atPath: fleet.state)?.compactMap { $0 as? String } ?? []
        let list = fleet.folder + "/names"
        try Data((["."] + names).map { "\(fleet.state)/\($0)" }.joined(separator: "\0").utf8)
            .write(to: URL(fileURLWithPath: list))
        let command = "exec \(setpriv) --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 -c \"$0\" < \"$1\""
        let result = try await Program.run(["/bin/sh", "-c", command, script, list], in: fleet.folder)
        #expect(result.code == 0, "\(result.errors)")
        return result.output.split(separator: "'").map(String.init).filter { $0.hasPrefix("/") }
    }
}

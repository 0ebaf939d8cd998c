import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// A fleet with the bundle `greeting@1.0.0`, and keys of two people.
struct SigningBench {
    let folder: URL
    var program: BuiltProgram

    var digest: String = ""
    func path(_ name: String) -> String { folder.appending(path: name).path }
    func blob(_ digest: String, in store: String = "state/content") -> String {
        path("\(store)/layout/blobs/sha256/\(digest.dropFirst(7))")
    }

    init(in folder: URL) throws {
        self.folder = folder
        program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
        let made = try program.bash(
            """
            waybill init fleet
            waybill package build greeting@1.0.0 --repository fleet
            for name in ada eve; do ssh-keygen -q -t ed25519 -N '' -C $name -f $name; done
            openssl ecparam -name secp384r1 -genkey -noout -out ada.pem
            openssl ec -in ada.pem -pubout -out ada.pem.pub
            chmod 600 ada.pem
            """)
        #expect(made.code == 0, "\(made.errors)")
        digest = try #require(try inspect()["digest"] as? String)
    }

    /// Without an access file, unless `arguments` name one.
    func package(_ words: String...) throws -> BuiltProgram.Result { try program.run(["package"] + words) }

    func inspect(_ words: String...) throws -> [String: Any] {
        let shown = try program.run(["package", "inspect", "greeting@1.0.0", "-o", "json"] + words)
        return try #require(try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
    }

    /// `ada` may sign, with both of her keys.
    func writeAccess(also lines: String = "") throws {
        let ssh = try String(contentsOfFile: path("ada.pub"), encoding: .utf8).trimmed
        let ec = try program.bash("ssh-keygen -i -m PKCS8 -f ada.pem.pub").output.trimmed
        try FileManager.default.createDirectory(atPath: path("fleet/.waybill"), withIntermediateDirectories: true)
        try Data(
            """
            # yaml-language-server: $schema=schema/access.schema.json
            apiVersion: waybill.dev/v1alpha1
            kind: Access
            spec:
              people:
                - name: ada
                  keys: [{key: \(ssh)}, {key: \(ec)}]
              roles:
                - {role: signer, models: [greeting], people: [ada]}
            \(lines)
            """.utf8
        ).write(to: folder.appending(path: "fleet/.waybill/access.yaml"))
    }

    static func with(_ body: (SigningBench) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await body(try SigningBench(in: folder.resolvingSymlinksInPath()))
        }
    }
}

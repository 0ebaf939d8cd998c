import Foundation
import Testing
import WaybillTestSupport

/// `packaging/install` with programs that stand in for the built ones, into a folder that stands in for the machine.
@Suite struct PackagingTests {
    private struct Site {
        let folder: URL
        let program: BuiltProgram

        init(_ folder: URL) throws {
            self.folder = folder
            program = BuiltProgram(folder: folder)
            for (name, text) in [
                ("waybill", "#!/bin/sh\necho \"completions of $2\"\n"), ("waybill-shim", "#!/bin/sh\n"),
            ] {
                let file = folder.appending(path: "built/\(name)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
        }

        func install(_ arguments: String...) throws -> BuiltProgram.Result {
            try program.run(BuiltProgram.source.appending(path: "packaging/install"), arguments)
        }

        /// Files below the root, by path.
        func files() -> Set<String> {
            let root = folder.appending(path: "root").path
            let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
            return Set(
                all.filter { path in
                    var isFolder: ObjCBool = false
                    return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
                        && !isFolder.boolValue
                })
        }

        func text(_ path: String) throws -> String {
            try String(contentsOf: folder.appending(path: "root/opt/waybill/" + path), encoding: .utf8)
        }
    }

    private static let units = "lib/systemd/system/"
    private static let installed: Set<String> = Set(
        [
            "bin/waybill", "bin/waybill-shim", "share/bash-completion/completions/waybill",
            "share/zsh/site-functions/_waybill", "share/fish/vendor_completions.d/waybill.fish",
            units + "waybill.service", units + "waybill-gateway.service", units + "waybill-gateway-next.service",
            "share/doc/waybill/LICENSE",
        ].map { "opt/waybill/" + $0 })

    @Test func `installs programs, completions and units, and takes away just those`() async throws {
        try await withTemporaryFolder { folder in
            let site = try Site(folder)
            let root = folder.path + "/root"
            let kept = folder.appending(path: "root/etc/waybill/waybill.yaml")
            try FileManager.default.createDirectory(
                at: kept.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: kept)
            let built = folder.path + "/built"
            for _ in 1...2 {
                let result = try site.install(root, "/opt/waybill", built, "waybill", "waybill-shim")
                #expect(result.code == 0, "\(result.errors)")
                #expect(result.output == "")
            }
            #expect(site.files() == Self.installed.union(["etc/waybill/waybill.yaml"]))
            #expect(FileManager.default.isExecutableFile(atPath: root + "/opt/waybill/bin/waybill"))
            #expect(try site.text("share/zsh/site-functions/_waybill") == "completions of zsh\n")
            try units(site)
            let removed = try site.install("--remove", root, "/opt/waybill", "waybill", "waybill-shim")
            #expect(removed.code == 0, "\(removed.errors)")
            #expect(site.files() == ["etc/waybill/waybill.yaml"])
        }
    }

    private func units(_ site: Site) throws {
        let controller = try site.text(Self.units + "waybill.service").split(separator: "\n")
        for line in ["KillMode=process", "ExecStart=/opt/waybill/bin/waybill run"] {
            #expect(controller.contains(Substring(line)), "\(line)")
        }
        let gateway = try site.text(Self.units + "waybill-gateway.service").split(separator: "\n")
        for line in [
            "ExecStart=/opt/waybill/bin/waybill gateway --take-over", "Restart=on-failure",
            "WantedBy=multi-user.target",
        ] {
            #expect(gateway.contains(Substring(line)), "\(line)")
        }
        let next = try site.text(Self.units + "waybill-gateway-next.service")
        #expect(next.contains("Description=Waybill gateway: requests to models (next)\n"))
        #expect(next.contains("ExecStart=/opt/waybill/bin/waybill gateway --take-over\n"))
        #expect(!next.contains("[Install]") && !next.contains("@PREFIX@"))
    }
}

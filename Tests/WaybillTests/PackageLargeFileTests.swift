import Foundation
import Testing
import WaybillTestSupport

/// The built program packages a fleet whose files the real git-lfs keeps, from a working folder.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs"), "needs /usr/bin/git-lfs"))
struct PackageLargeFileTests {
    @Test func `a pointer in a working folder stands for what .lfsconfig or the configured repository has`()
        async throws
    {
        try await withTemporaryFolder { (folder) async throws in
            let program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
            func must(_ script: String) throws {
                let result = try program.bash(script)
                try #require(result.code == 0, "\(result.errors)")
            }
            #expect(try program.run(["init", "fleet"]).code == 0)
            let whole = try program.run(["package", "build", "greeting@1.0.0", "--repository", "fleet", "-o", "json"])
            try must(
                """
                git init -q --bare bare.git
                cd fleet
                git init -q -b main
                git lfs install --local > lfs.log
                git lfs track '*.py' >> lfs.log
                git config -f .lfsconfig lfs.url "file://$PWD/../bare.git"
                git add -A; git commit -q -m fleet
                git remote add origin "file://$PWD/../bare.git"
                git push -q origin main
                cd ..
                GIT_LFS_SKIP_SMUDGE=1 git clone -q -b main bare.git clone
                grep -q git-lfs clone/fleet/artifacts/greeting/1.0.0/server.py
                """)
            let build = ["package", "build", "greeting@1.0.0", "--repository", "clone", "-o", "json"]
            let made = try program.run(build + ["--store", "store"])
            #expect(made.code == 0, "\(made.errors)")
            #expect(
                made.output.firstMatch(of: #/sha256:\w+/#)?.output
                    == whole.output.firstMatch(of: #/sha256:\w+/#)?.output)

            // Without the file, the repository of waybill.yaml says it; without that, nothing does.
            try must("rm clone/.lfsconfig; sed -i '/^repository:/,/^[^ ]/d' clone/waybill.yaml")
            let refused = try program.run(build + ["--store", "third"])
            #expect(refused.code == 1)
            #expect(
                refused.errors.contains(
                    "where the server of Git LFS is cannot be told, because no repository is configured; name it as 'lfs.url' in .lfsconfig at "
                        + "the repository's top, or as 'sources.lfs' in waybill.yaml"), "\(refused.errors)")
            var named = program
            named.variables["WAYBILL_REPOSITORY_URL"] = folder.path + "/bare.git"
            #expect(try named.run(build + ["--store", "fourth"]).code == 0)
        }
    }
}

import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

extension `End to end with model servers` {
    /// On the programs of this build, with the Python environments that suites share: the first run of a machine builds them.
    @Test func `make demo tells the whole loop, holds at each step and leaves nothing running`() async throws {
        let training = try await PythonSuite.environment(lock: PythonSuite.modelLibraries)
        try await withTemporaryFolder { url in
            // Replicas' users pass through it.
            chmod(url.path, 0o755)
            let folder = url.appending(path: "demo").path
            var variables = BuiltProgram.ownPorts()
            // Those two are chosen by the demo itself.
            variables["WAYBILL_GATEWAY_ADDRESS"] = nil
            variables["WAYBILL_METRICS_ADDRESS"] = nil
            variables["DEMO_BIN"] = BuiltProgram.products.path
            // The bootstrap looks for the toolchain, and finds nothing to install.
            variables["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            let words = [
                "--exit", "--folder", folder, "--environments", PythonSuite.environments.path, "--training",
                training.path,
            ]
            let told = try await Program.run(
                [
                    "/usr/bin/make", "--no-print-directory", "-C", Fleet.root, "demo",
                    "ARGS=\(words.joined(separator: " "))",
                ],
                in: url.path, variables)
            #expect(told.code == 0, "\(told.output.suffix(4000))\n\(told.errors)")
            #expect(!told.errors.contains("installing"), "\(told.errors)")
            #expect(told.output.hasSuffix("Everything that the demo started is stopped. It held, step by step.\n"))
            let chapters = told.output.split(separator: "\n").compactMap { $0.firstMatch(of: #/^([0-9]+)\. /#)?.1 }
            #expect(chapters.map(String.init) == (1...15).map(String.init))
            #expect(FleetProcesses(folder: folder).all.isEmpty)
        }
    }
}

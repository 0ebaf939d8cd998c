import Foundation
import Testing
import WaybillCore

@testable import WaybillPackage

/// Files that Debian's torch has just written, beside what it says of them itself.
@Suite struct `Inspecting what torch saves` {
    @Test func `each object is safe under the shipped list, as a zip, as older files and as a plain pickle`()
        async throws
    {
        try await PickleCorpus.withTorch { files in
            #expect(files.count >= 42)
            for file in files {
                let found = Inspector().inspect(path: file.path)
                #expect(found.verdict == .safe, "\(file.lastPathComponent): \(found.lines)")
                let format =
                    switch file.lastPathComponent {
                    case let name where name.hasSuffix(".legacy.pt"): "torch-legacy"
                    case let name where name.hasSuffix(".pt"): "torch"
                    case _: "pickle"
                    }
                #expect(found.format == format, "\(file.lastPathComponent)")
            }
        }
    }

    @Test func `tensors, their types and shapes, and the count of parameters are those that torch finds`() async throws
    {
        try await PickleCorpus.withTorch { files in
            let all = try CorpusFacts.beside(files[0])
            #expect(all.count >= 28)
            for (name, facts) in all {
                let path = files[0].deletingLastPathComponent().appending(path: name).path
                let found = Inspector().inspect(path: path)
                let tensors = found.tensors.map { ReportedTensor($0) }.sorted { $0.name < $1.name }
                #expect(tensors == facts.tensors.sorted { $0.name < $1.name }, "\(name)")
                let parameters: Value? = facts.tensors.isEmpty ? nil : .integer(facts.parameters)
                #expect(found.facts["parameters"] == parameters, "\(name)")
            }
        }
    }

    @Test func `TorchScript, a call of the shell and a class of one's own are never safe`() async throws {
        try await PickleCorpus.withTorch(hostile: true) { files in
            var first: [String: String] = [:]
            for file in files {
                let found = Inspector().inspect(path: file.path)
                #expect(found.verdict == .dangerous, "\(file.lastPathComponent): \(found.lines)")
                // Where in the file hangs on the number that torch gave a storage.
                first[file.lastPathComponent] = found.lines.first?.replacing(/\ at byte \d+$/, with: "")
                let code = found.lines.filter { $0.hasSuffix(".py: is TorchScript code, which is not read here") }
                let isScript = ["script.pt", "trace.pt"].contains(file.lastPathComponent)
                #expect(code.isEmpty != isScript && (found.facts["torchscript"] == true) == isScript)
            }
            #expect(
                first == [
                    "own-class.legacy.pt":
                        "dangerous GLOBAL imports __main__.Own, a name of Python's own machinery,",
                    "own-class.pt": "dangerous own-class/data.pkl: NEWOBJ makes __main__.Own()",
                    "script.pt": "dangerous script/data.pkl: NEWOBJ makes __torch__.Own()",
                    "shell.legacy.pt": #"dangerous REDUCE calls posix.system("id")"#,
                    "shell.pt": #"dangerous shell/data.pkl: REDUCE calls posix.system("id")"#,
                    "trace.pt":
                        "dangerous trace/data.pkl: NEWOBJ makes __torch__.torch.nn.modules.container.Sequential()",
                ])
        }
    }
}

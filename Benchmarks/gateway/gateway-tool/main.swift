import Foundation
import WaybillCore
import WaybillGateway

// The gateway alone, for benchmarks and tests of the real process: gateway-tool STATE-FOLDER PORT [LOOPS] [--take-over].
let words = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") }
guard words.count >= 2, let port = Int(words[words.startIndex + 1]) else {
    FileHandle.standardError.write(Data("usage: gateway-tool STATE-FOLDER PORT [LOOPS] [--take-over]\n".utf8))
    exit(2)
}
let configuration = GatewayConfiguration(
    stateFolder: words[words.startIndex], port: port, loops: words.count > 2 ? Int(words[words.startIndex + 2]) : nil,
    build: "gateway-tool", takeOver: CommandLine.arguments.contains("--take-over"))
do throws(Failure) {
    try await GatewayProcess.run(configuration)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}

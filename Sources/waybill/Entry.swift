import ArgumentParser
import Foundation
import WaybillCore

/// Where the process begins: a helper if its first argument names one, a command otherwise.
@main
enum Entry {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let name = arguments.first, let helper = Wiring.standard.helpers[name] {
            exit(await helper(Array(arguments.dropFirst())))
        }
        let console = Console.standard(variables: ProcessInfo.processInfo.environment)
        do {
            var command = try await Waybill.asyncParseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(Ending(error).tell(console))
        }
    }
}

/// How a command that did not simply return ends: what is said where, and the exit code.
struct Ending: Hashable, Sendable {
    var output = ""
    var errorText = ""
    var code: Int32

    /// 0 after help; 64 (`EX_USAGE`) for a command line that cannot be read; the given code of an `ExitCode`; else 1.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure:
            code = 1
            errorText = Self.text(failure.message, hint: Self.hint(for: failure))
        case let invalid as InvalidInput:
            code = 1
            errorText = Self.text(invalid.message)
        case let code as ExitCode: self.code = code.rawValue
        default:
            let text = Waybill.fullMessage(for: error)
            let exitCode = Waybill.exitCode(for: error)
            code = exitCode.rawValue
            if exitCode == .success { output = text } else { errorText = Self.lowercased(text) }
        }
    }

    /// The error style of every command: `error: what`, then what to do.
    static func text(_ message: String, hint: String? = nil) -> String {
        // What is wrong in a file begins with the file, and says itself that it is an error.
        let place = message.range(of: ": error: ").map { message[..<$0.lowerBound] }
        let isLocated = place.map { !$0.contains(": ") } ?? false
        return (isLocated ? message : "error: \(message)") + (hint.map { "\nhint: \($0)" } ?? "")
    }

    private static func hint(for failure: Failure) -> String? {
        switch failure.reason {
        case "NoController":
            "start one with 'waybill run', or name the folder of another with --state or WAYBILL_STATE"
        case "NotFound": "'waybill get deployments' lists what there is"
        case _: nil
        }
    }

    /// The parser's messages begin with a capital.
    private static func lowercased(_ text: String) -> String {
        text.hasPrefix("Error: ") ? "error: " + text.dropFirst("Error: ".count) : text
    }

    func tell(_ console: Console) -> Int32 {
        if !output.isEmpty { console.line(output) }
        if !errorText.isEmpty { console.warn(errorText) }
        return code
    }
}

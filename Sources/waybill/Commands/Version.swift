import ArgumentParser
import WaybillAPI
import WaybillCore

/// `waybill version`.
struct Version: AsyncParsableCommand {
    private struct View: Encodable {
        var build: String
        var controller: String?
    }

    static let configuration = CommandConfiguration(
        abstract: "Show the build of this command and of the controller, if one runs.")

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let view = View(build: Executables.build, controller: try await running())
        Console.current.write(
            try output.text(of: view) {
                "waybill \(view.build)\n"
                    + (view.controller.map { "controller \($0.harmless)\n" } ?? "no controller runs\n")
            })
    }

    /// The controller's build; nil when none runs, which is no error here.
    private func running() async throws(Failure) -> String? {
        do throws(Failure) { return try await controller.client().build() } catch {
            guard error.reason == ControlReason.noController else { throw error }
            return nil
        }
    }
}

/// `waybill completions`.
struct Completions: ParsableCommand {
    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

    static let configuration = CommandConfiguration(
        abstract: "Print the completion script of a shell.",
        discussion: "For bash: waybill completions bash > ~/.local/share/bash-completion/completions/waybill")

    @Argument(help: "The shell.")
    var shell: Shell

    func run() throws {
        let known: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Console.current.line(Waybill.completionScript(for: known))
    }
}

import ArgumentParser

/// `docs/cli.md`, made from the commands and the settings themselves.
enum CommandReference {
    /// A command with the words that call it.
    private struct Entry {
        var words: [String]
        var command: any ParsableCommand.Type

        /// Without a leaf's options: `audit verify`.
        var title: String { words.joined(separator: " ") }
    }

    static var markdown: String {
        let entries = leaves(of: Waybill.self, [])
        var text = introduction
        text += "\n## Commands\n\n| command | does |\n| --- | --- |\n"
        for entry in entries {
            text += "| [`\(entry.title)`](#\(anchor(entry))) | \(entry.command.configuration.abstract) |\n"
        }
        text += output
        text += "\n## Settings\n\n\(settingsText)\n"
        text += "| setting | variable | is | standard | meaning |\n| --- | --- | --- | --- | --- |\n"
        text += ConfigurationField.all.map(ConfigurationField.referenceRow).joined()
        text += "\n## Every option\n"
        for entry in entries {
            let help = Waybill.helpMessage(for: entry.command, includeHidden: false, columns: 100)
            text += "\n### waybill \(entry.title)\n\n```\n\(help.trimmed)\n```\n"
        }
        return text
    }

    /// Commands that do something, in the order of the help.
    private static func leaves(of command: any ParsableCommand.Type, _ words: [String]) -> [Entry] {
        let configuration = command.configuration
        let below = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
        if below.isEmpty { return [Entry(words: words, command: command)] }
        var seen: Set<String> = []
        return below.flatMap { leaves(of: $0, words + [$0._commandName]) }.filter { seen.insert($0.title).inserted }
    }

    private static func anchor(_ entry: Entry) -> String { "waybill-" + entry.words.joined(separator: "-") }

    private static let introduction = """
        # Command line

        This file is made from the program: `WAYBILL_REGENERATE=1 swift test --filter ReferenceTests`.

        Exit codes: 0 well, 1 failed, 2 changes found by `plan --detailed-exitcode`, 64 the command line cannot be read.

        """

    private static let output = """

        ## Output

        Tables are for people and may change. `-o json` and `-o yaml` are for scripts: members are only ever added, lists are \
        `{"kind": "DeploymentList", "items": […]}`, times RFC 3339 in UTC, and what is unknown is absent. With `--watch`, JSON \
        is one whole list a line, YAML one document a change. `lint -o sarif` is SARIF 2.1.0. Text that others wrote (commit \
        messages, logs on a terminal) is shown with control characters made visible. Colours appear only on a terminal and \
        never with `NO_COLOR`; progress goes to standard error, only on a terminal.

        Errors are `error: what` and, where it helps, `hint: what to do`, on standard error.

        """

    private static let settingsText = """
        Flags go before `WAYBILL_…` variables, those before `waybill.yaml` (`--config`, `WAYBILL_CONFIG`, or the one in the \
        working folder). A variable `WAYBILL_…` that is no setting is an error. In the file, `a.b` is `b` inside `a`; relative \
        paths are meant from the file's folder.

        """
}

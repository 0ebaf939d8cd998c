extension Gate {
    /// The judgement that is applied, with its version: it grows when equal measurements may come to another verdict.
    package var judgement: String { "\(kind.rawValue)/1" }

    /// What `measured` says about the bound. A pure function: it can be asked again years later.
    package func judge(_ measured: GateMeasurement) -> Judgement {
        switch (check, measured) {
        case (_, .nothing(let why)): Judgement(.errored, why)
        case (.integrity, .integrity(let files)): Self.integrity(files)
        case (.signed(let people), .signed(let signers)): Self.signed(signers, people)
        case (.safeFormat, .safeFormat(let files)): Self.safeFormat(files)
        case (.interface, .interface(let files)): Self.interface(files)
        case (.license(let allowed), .license(let license)): Self.license(license, allowed)
        case (.card(let sections, let fields), .card(let card)): Self.card(card, sections, fields)
        case (.golden, .golden(let answers)): Self.golden(answers)
        case (.metric(let metric), .metric(let value)): metric.judge(value)
        case (.slice(let slice), .slice(let values)): slice.judge(values)
        case (.command(let command), .command(let answer)): command.judge(answer)
        case (.latency(let latency), .latency(let values)): latency.judge(values)
        case (.reproducible(let check), .reproducible(let came)): check.judge(came)
        default: Judgement(.errored, "what was measured is not what '\(kind.rawValue)' asks")
        }
    }

    private static func integrity(_ files: [GateMeasurement.FileDigests]) -> Judgement {
        guard let wrong = files.first(where: { $0.found != $0.expected }) else {
            return files.isEmpty
                ? Judgement(.inconclusive, "the bundle has no files")
                : Judgement(
                    .passed, "\(count(files, "file")) \(files.count == 1 ? "has" : "have") the bytes of the manifest")
        }
        let found = wrong.found.map { "is \($0)" } ?? "is missing"
        return Judgement(
            .failed,
            "'\(wrong.path)' \(found), expected \(wrong.expected)\(more(files.count { $0.found != $0.expected }))")
    }

    private static func signed(_ signers: [GateMeasurement.Signer], _ people: Int) -> Judgement {
        let trusted = Set(signers.compactMap(\.trusted)).sorted()
        if trusted.count >= people { return Judgement(.passed, "signed by \(trusted.joined(separator: ", "))") }
        guard !signers.isEmpty else { return Judgement(.failed, "nobody signed the bundle") }
        let refused = signers.first { $0.trusted == nil }.map { "; \($0.sentence)" } ?? ""
        return Judgement(.failed, "\(trusted.count) of \(people) signatures that count\(refused)")
    }

    private static func safeFormat(_ files: [GateMeasurement.FileSafety]) -> Judgement {
        let order: [(verdict: String, of: Verdict)] = [("dangerous", .failed), ("unscanned", .inconclusive)]
        for (verdict, of) in order {
            guard let file = files.first(where: { $0.verdict == verdict }) else { continue }
            let reason = file.reason.map { ": \($0)" } ?? ""
            return Judgement(of, "'\(file.path)' is \(verdict)\(reason)\(more(files.count { $0.verdict == verdict }))")
        }
        guard !files.isEmpty, files.allSatisfy({ $0.verdict == "safe" }) else {
            return Judgement(.inconclusive, "no file was looked into")
        }
        return Judgement(.passed, "nothing in \(count(files, "file")) runs when it is loaded")
    }

    private static func interface(_ files: [GateMeasurement.FileInterface]) -> Judgement {
        if let file = files.first(where: { !$0.disagreements.isEmpty }), let first = file.disagreements.first {
            return Judgement(
                .failed, "'\(file.path)': \(first)\(more(files.reduce(0) { $0 + $1.disagreements.count }))")
        }
        guard files.contains(where: \.isConclusive) else {
            return Judgement(.inconclusive, "no model file declares inputs or outputs that could be compared")
        }
        return Judgement(.passed, "what the files declare agrees with the manifest")
    }

    private static func license(_ license: String?, _ allowed: [String]) -> Judgement {
        guard let license else {
            return Judgement(.inconclusive, "neither the version nor its model states a license")
        }
        let expression: LicenseExpression
        do throws(InvalidInput) { expression = try LicenseExpression(parsing: license) } catch {
            return Judgement(.errored, "\(license.quotedForMessage) is no SPDX license: \(error.message)")
        }
        return expression.isAllowed(by: allowed)
            ? Judgement(.passed, "\(license) is allowed")
            : Judgement(.failed, "\(license) is none of \(allowed.joined(separator: ", "))")
    }

    private static func card(_ card: CardOutline?, _ sections: [String], _ fields: [String]) -> Judgement {
        guard let card else { return Judgement(.failed, "the version has no model card") }
        let written = Set(card.sections.filter(\.hasText).map { $0.title.lowercased() })
        let missing =
            sections.filter { !written.contains($0.lowercased()) }.map { "section '\($0)'" }
            + fields.filter { !card.fields.contains($0) }.map { "field '\($0)'" }
        guard missing.isEmpty else {
            return Judgement(.failed, "the model card has no \(missing.joined(separator: ", no "))")
        }
        return Judgement(.passed, "the model card has all of \(sections.count + fields.count)")
    }

    private static func golden(_ answers: GateMeasurement.GoldenAnswers) -> Judgement {
        guard answers.requests > 0 else { return Judgement(.inconclusive, "there are no recorded requests") }
        guard let first = answers.differences.first else {
            return Judgement(
                .passed, "\(answers.requests) of \(answers.requests) recorded requests are answered as recorded")
        }
        return Judgement(
            .failed, "\(answers.differing) of \(answers.requests) recorded requests are answered otherwise: \(first)")
    }

    private static func count<Items: Collection>(_ items: Items, _ what: String) -> String {
        "\(items.count) \(what)\(items.count == 1 ? "" : "s")"
    }

    private static func more(_ count: Int) -> String { count > 1 ? " (and \(count - 1) more)" : "" }
}

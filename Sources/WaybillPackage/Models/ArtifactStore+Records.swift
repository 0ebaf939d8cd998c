package import WaybillCore

// What the ledger is told of a version's way into the store.
extension ArtifactStore {
    func recordSources(_ artifacts: [Artifact], of version: VersionID, ticket: Ticket) async throws(Failure) {
        let held = content.held(artifacts)
        try await note(
            .sourcesResolved, version.description, ticket,
            [
                "version": .string(version.description),
                "sources": .list(artifacts.prefix(100).map { .string("\($0.path) from \($0.source)") }),
                "size": .integer(held.total), "held": .integer(held.done),
            ])
    }

    /// Writes down now and then how far a transfer is, until it is cancelled. What the ledger does not take is left out.
    func noteProgress(
        of artifacts: [Artifact], _ version: VersionID, every interval: Duration, ticket: Ticket
    ) async {
        while (try? await Task.sleep(for: interval)) != nil {
            guard let progress = progress(of: artifacts), progress.step == .arriving else { continue }
            try? await note(
                .packagingProgressed, version.description, ticket,
                [
                    "version": .string(version.description), "size": .integer(progress.total),
                    "held": .integer(progress.done), "message": .string(progress.description),
                ])
        }
    }

    func record(_ artifact: Artifact, of version: VersionID, ticket: Ticket) async throws(Failure) {
        try await note(
            .artifactVerified, version.description, ticket,
            [
                "version": .string(version.description), "path": .string(artifact.path),
                "digest": .string(artifact.digest.description), "size": .integer(artifact.size),
                "source": .string(artifact.source.description),
            ], .succeeded)
    }

    func record(
        _ file: InspectedFile, of version: VersionID, allowing: Digest, ticket: Ticket
    ) async throws(Failure) {
        var body: Members = [
            "version": .string(version.description), "path": .string(file.path), "digest": .string(file.digest),
            "verdict": .string(file.verdict), "findings": .list(file.findings.map { .string($0) }),
            "disagreements": .list(file.disagreements.map { .string($0) }), "allowing": .string(allowing.description),
        ]
        if let format = file.format { body["format"] = .string(format) }
        try await note(.artifactInspected, version.description, ticket, body)
    }

    func record(_ said: BuilderStatements, of bundle: ModelBundle, ticket: Ticket) async throws(Failure) {
        try await note(
            .bundleAttested, bundle.version.description, ticket,
            [
                "version": .string(bundle.version.description), "digest": .string(bundle.manifest.description),
                "provenance": .string(said.provenance.description), "bill": .string(said.bill.description),
            ], .succeeded)
    }

    func record(_ bundle: ModelBundle, ticket: Ticket) async throws(Failure) {
        try await note(
            .bundleBuilt, bundle.version.description, ticket,
            [
                "version": .string(bundle.version.description), "digest": .string(bundle.manifest.description),
                "size": .integer(bundle.size), "layers": .integer(Int64(bundle.layers)),
            ], .succeeded)
    }

    func record(_ blob: ContentStore.Quarantined, ticket: Ticket) async throws(Failure) {
        try await note(
            .contentQuarantined, blob.digest.description, ticket,
            [
                "digest": .string(blob.digest.description), "found": .string(blob.found.description),
                "path": .string(blob.path),
            ])
        content.markNoted(blob)
    }

    /// Writes down what another program, such as `waybill package verify`, found rotten and moved aside; says how many blobs.
    package func noteQuarantine() async throws(Failure) -> Int {
        try await content.noteQuarantine(in: journal, by: .controller, at: now())
    }

    func record(_ report: ContentCollection.Report, ticket: Ticket) async throws(Failure) {
        try await note(
            .contentCollected, "content", ticket,
            report.facts, .succeeded)
    }

    private func note(
        _ type: EventType, _ subject: String, _ ticket: Ticket, _ body: Members, _ outcome: Event.Outcome? = nil
    ) async throws(Failure) {
        try await journal.note(
            Event(
                type, decision: ticket.decision, cause: ticket.index, time: now(), subject: subject, outcome: outcome,
                body: body))
    }
}

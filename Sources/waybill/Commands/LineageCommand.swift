import ArgumentParser
import Foundation
import WaybillCore
import WaybillTrust

/// `waybill lineage`.
struct LineageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Explain an answer or a revision down to data, code and people, with proofs.",
        discussion: """
            Reads the ledger, the mirror of the fleet repository and the records of a state folder, or of a copy of one; no controller \
            is needed. Each line says what proves it, or who merely claims it; what nothing says is said to be missing.

              waybill lineage PREDICTION_ID
              waybill lineage --deployment ENV/NAME --at TIME
              waybill lineage --deployment ENV/NAME --revision REVISION

            --bundle writes an evidence pack, which 'waybill audit verify' checks, and samples/verify/verify.py on a machine \
            without Waybill. The other way, every version, deployment and time in which it served:

              waybill lineage --data DIGEST | --commit ID | --package NAME==VERSION
            """)

    @Argument(
        help: ArgumentHelp("A prediction's id, from its answer's header x-waybill-prediction-id.", valueName: "id"))
    var prediction: String?

    @Option(
        help: ArgumentHelp("The deployment, as in production/churn.", valueName: "env/name"),
        transform: KeyArgument.parse)
    var deployment: DeploymentKey?

    @Option(help: ArgumentHelp("The moment asked about, as in 2026-11-23T15:04:05Z.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("The revision, or the first digits of its digest.", valueName: "digest"))
    var revision: String?

    @Option(help: ArgumentHelp("A data set by its digest: what was made with it?", valueName: "digest"))
    var data: String?

    @Option(help: ArgumentHelp("A commit, of the code or of the fleet repository: what came from it?", valueName: "id"))
    var commit: String?

    @Option(help: ArgumentHelp("A locked package: what was made with it, or serves in it?", valueName: "name==version"))
    var package: String?

    @Option(help: ArgumentHelp("Write an evidence pack.", valueName: "file.zip"), completion: .file())
    var bundle: String?

    @Option(
        help: ArgumentHelp(
            "A checkpoint that somebody else kept, which the pack is to lead on from.", valueName: "file"),
        completion: .file())
    var since: String?

    @Flag(help: "Put what was asked and answered into the pack, as far as it is kept; people may be in it.")
    var payloads = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    private var causes: [String] { [data, commit, package].compactMap(\.self) }

    func validate() throws {
        guard causes.count <= 1 else { throw ValidationError("--data, --commit and --package are asked one at a time") }
        if !causes.isEmpty {
            guard prediction == nil, deployment == nil, at == nil, revision == nil, bundle == nil else {
                throw ValidationError("--data, --commit and --package go with no other question and with no --bundle")
            }
            return
        }
        if prediction != nil {
            guard deployment == nil, at == nil, revision == nil else {
                throw ValidationError("a prediction's id says its deployment, time and revision itself")
            }
        } else {
            guard deployment != nil, at != nil || revision != nil else {
                throw ValidationError(
                    "give a prediction's id, or --deployment with --at or --revision, or one of --data, --commit, --package"
                )
            }
        }
        guard since == nil || bundle != nil else { throw ValidationError("--since goes with --bundle") }
        guard !payloads || (bundle != nil && prediction != nil) else {
            throw ValidationError("--payloads goes with --bundle and a prediction's id")
        }
    }

    func run() async throws {
        let style = Console.current.style
        let configuration = try controller.configuration()
        let reading = try await LineageReading(
            state: StateFolder(at: URL(fileURLWithPath: configuration.stateFolder)), path: configuration.repository.path
        )
        if let cause = try LineageCause(data: data, commit: commit, package: package) {
            let impact = try await reading.impact(of: cause)
            return try show(impact.value, output) { impact.text(style) }
        }
        let asked = try await question(reading)
        switch asked {
        case .candidates(let candidates):
            guard bundle == nil else {
                throw Failure(
                    .stall, reason: "SeveralRevisions",
                    message: "\(candidates.sentence); say with --revision which one the pack is to explain")
            }
            try show(candidates.value, output) { candidates.text(style) }
        case .one(let question, let record):
            var explained = await reading.explain(question)
            explained.record = record?.proof
            if !payloads { explained.record?.attachments = nil }
            if let bundle {
                let pack = try await reading.pack(explained, since: since.map { try FileInput.read($0, limit: 65_536) })
                try FileOutput.write(pack.bytes, to: bundle)
            }
            try show(explained.lineage.value, output) { explained.lineage.text(style, pack: bundle) }
        }
    }

    private func question(_ reading: LineageReading) async throws -> LineageAsked {
        if let prediction { return try await reading.question(ofPrediction: prediction) }
        guard let deployment else { throw ValidationError("--deployment is missing") }
        let time: Timestamp?
        do throws(InvalidInput) {
            time = try at.map { text throws(InvalidInput) in try Timestamp(parsing: text) }
        } catch {
            throw ValidationError("--at: \(error.message)")
        }
        return try reading.question(of: deployment, at: time, revision: revision)
    }
}

import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import WaybillAPI
import WaybillCore

/// `waybill call`.
struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a request to a deployment through the gateway and print the answer.",
        discussion: "Without --data it sends an example made from the model's interface: one row of zeros.")

    @OptionGroup var deployment: KeyArgument

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The request's body; - is standard input.", valueName: "file"),
        completion: .file())
    var data: String?

    @Option(help: ArgumentHelp("Path below the deployment's address.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("Give up after this time.", valueName: "time"))
    var timeout = "60s"

    @OptionGroup var controller: ControllerOptions

    static let longestData = 64 * 1024 * 1024

    func validate() throws {
        guard Quantity.duration(timeout) != nil else { throw ValidationError("--timeout must be a time, as in '30s'") }
        if let path, !path.hasPrefix("/") { throw ValidationError("--path must begin with '/'") }
    }

    func run() async throws {
        let request = try await request()
        let limit = TimeAmount.milliseconds(Quantity.duration(timeout)?.milliseconds ?? 60_000)
        let status = try await send(request, limit)
        guard (200...299).contains(status) else {
            throw Failure(.stall, reason: "CallFailed", message: "\(deployment.key) answered \(status)")
        }
    }

    /// The gateway serves without a controller too; then its table says what there is.
    private func request() async throws(Failure) -> HTTPClientRequest {
        let state = try controller.configuration().stateFolder
        do throws(Failure) {
            return try request(for: try await ControlClient(stateFolder: state).describe(deployment.key))
        } catch  where error.reason == ControlReason.noController {
            let place = await RoutedDeployment.find(deployment.key, in: StateFolder(at: URL(fileURLWithPath: state)))
            guard let place else { throw error }
            guard let below = path ?? place.path, let body = try data.map(Self.read) else {
                throw Failure(
                    .stall, reason: "NoData",
                    message: "no controller runs that knows what \(deployment.key) takes; give --data"
                        + (place.path == nil ? " and --path" : ""))
            }
            return Self.request(place.url + below, body)
        }
    }

    private static func request(_ url: String, _ body: [UInt8]?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        guard let body else { return request }
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }

    private func request(for detail: DeploymentDetail) throws(Failure) -> HTTPClientRequest {
        guard let base = detail.deployment.url else {
            throw Failure(
                .wait, reason: "NotServing",
                message: "\(deployment.key) has no address yet; 'waybill describe \(deployment.key)' says why")
        }
        let example = ExampleCall(detail)
        guard let below = path ?? ExampleCall.path(detail) else {
            throw Failure(
                .stall, reason: "NoPath", message: "\(deployment.key) speaks a protocol of its own; give --path")
        }
        let body = try data.map(Self.read) ?? (path == nil ? example?.body.map { Array($0.utf8) } : nil)
        guard body != nil || path != nil || detail.servingProtocol == "http" else {
            throw Failure(
                .stall, reason: "NoData",
                message: "\(deployment.key) does not say what it takes (its version has no inputs); give --data")
        }
        return Self.request(base + below, body)
    }

    /// Prints the answer as it comes.
    private func send(_ request: HTTPClientRequest, _ limit: TimeAmount) async throws(Failure) -> Int {
        let console = Console.current
        do {
            let response = try await HTTPClient.prompt.execute(request, timeout: limit)
            var last: UInt8?
            for try await chunk in response.body {
                last = chunk.readableBytesView.last ?? last
                console.write(Array(chunk.readableBytesView))
            }
            if let last, last != UInt8(ascii: "\n"), console.isOutputTerminal { console.line() }
            return Int(response.status.code)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw Failure(.retry, reason: "CallFailed", message: "\(deployment.key) did not answer within \(timeout)")
        } catch {
            throw Failure(
                .retry, reason: "CallFailed",
                message: "\(request.url): nothing answers there; 'waybill status' says whether the gateway runs")
        }
    }

    private static func read(_ file: String) throws(Failure) -> [UInt8] {
        let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        guard let handle, let bytes = try? handle.read(upToCount: longestData + 1) ?? Data() else {
            throw Failure(.stall, reason: "NoData", message: "\(file): cannot be read")
        }
        guard bytes.count <= longestData else {
            throw Failure(.stall, reason: "NoData", message: "\(file): more than 64 MiB")
        }
        return Array(bytes)
    }
}

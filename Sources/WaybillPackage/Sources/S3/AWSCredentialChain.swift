import Glibc
import NIOHTTP1
import WaybillCore
import WaybillTrust

/// Finds credentials where AWS's own tools look: the environment, the shared credentials file, the endpoint of a container.
///
/// What expires is asked for again five minutes before. Nothing found: requests go unsigned, as public buckets take them.
actor AWSCredentialChain {
    private let variables: [String: String]
    private let profile: String
    private let now: @Sendable () -> Timestamp
    private var known: (credentials: AWSCredentials, until: Timestamp)?

    init(variables: [String: String], profile: String?, now: @escaping @Sendable () -> Timestamp) {
        self.variables = variables
        self.profile = profile ?? variables["AWS_PROFILE"] ?? "default"
        self.now = now
    }

    /// - Throws: `CredentialMissing`, stalling, for a place that is named and cannot be used; it never holds a secret.
    func credentials() async throws(Failure) -> AWSCredentials? {
        if let known, known.until.milliseconds - Self.margin > now().milliseconds { return known.credentials }
        known = nil
        if let found = try environment() { return found }
        if let found = try file() { return found }
        guard let endpoint = try containerEndpoint() else { return nil }
        let answer = try await ask(endpoint)
        known = answer
        return answer.credentials
    }

    /// Forgets what may have expired.
    func forget() { known = nil }

    private static let margin: Int64 = 300_000

    private func environment() throws(Failure) -> AWSCredentials? {
        guard let key = variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = variable("AWS_SECRET_ACCESS_KEY") else {
            throw missing("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        }
        return AWSCredentials(key: key, secret: secret, token: variable("AWS_SESSION_TOKEN"))
    }

    private func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func file() throws(Failure) -> AWSCredentials? {
        let named = variable("AWS_SHARED_CREDENTIALS_FILE")
        guard let path = named ?? variables["HOME"].map({ "\($0)/.aws/credentials" }) else { return nil }
        let bytes: [UInt8]?
        do throws(Failure) { bytes = try DurableFile.read(path, limit: 1 << 20) } catch {
            throw missing("the file of credentials cannot be read: \(error.message)")
        }
        guard let bytes else {
            if named != nil { throw missing("AWS_SHARED_CREDENTIALS_FILE names '\(path)', which is not there") }
            return nil
        }
        let section = Self.section(profile, of: String(decoding: bytes, as: UTF8.self))
        guard let key = section["aws_access_key_id"], let secret = section["aws_secret_access_key"] else {
            guard section.isEmpty, profile == "default" else {
                throw missing("'\(path)' has no key and secret for the profile \(profile.quotedForMessage)")
            }
            return nil
        }
        return AWSCredentials(key: key, secret: secret, token: section["aws_session_token"])
    }

    /// The settings of one section of an INI file.
    static func section(_ name: String, of text: String) -> [String: String] {
        var settings: [String: String] = [:]
        var isOurs = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") {
                let title = line.dropFirst().prefix { $0 != "]" }
                isOurs = title == name || title == "profile \(name)"
            } else if isOurs, !line.hasPrefix("#"), !line.hasPrefix(";"), let sign = line.firstIndex(of: "=") {
                let key = line[..<sign].filter { $0 != " " && $0 != "\t" }
                let value = line[line.index(after: sign)...].drop { $0 == " " }.reversed().drop {
                    $0 == " " || $0 == "\t"
                }
                settings[key] = String(value.reversed())
            }
        }
        return settings
    }

    private func containerEndpoint() throws(Failure) -> WebAddress? {
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return WebAddress(scheme: .http, host: "169.254.170.2", target: path.hasPrefix("/") ? path : "/\(path)")
        }
        guard let text = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let address: WebAddress
        do throws(InvalidInput) { address = try WebAddress(parsing: text) } catch {
            throw missing("AWS_CONTAINER_CREDENTIALS_FULL_URI: \(error.message)")
        }
        let isNear = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(address.host)
        guard address.scheme == .https || isNear || NetworkPlace(host: address.host) == .loopback else {
            throw missing("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine")
        }
        return address
    }

    private func ask(_ address: WebAddress) async throws(Failure) -> (credentials: AWSCredentials, until: Timestamp) {
        var settings = HTTPSettings()
        do throws(InvalidInput) {
            // Named by the one who runs this process, so its place on the link is meant.
            settings.hosts = [try HostPattern(parsing: address.authority)]
            settings.plainHosts = settings.hosts
        } catch { throw missing(error.message) }
        settings.deadlines.whole = .seconds(10)
        var headers = HTTPHeaders()
        if let token = try token() { headers.add(name: "authorization", value: token) }
        let call = HTTPCall("GET", address, headers: headers, authorization: .none, followsRedirects: false)
        let answer = try await HTTPTransport(settings).send(call, limit: 64 << 10)
        guard answer.status == 200 else {
            throw Failure(
                answer.status >= 500 || answer.status == 429 ? .retry : .stall, reason: "CredentialMissing",
                message: "the container's credentials at \(address): HTTP \(answer.status)")
        }
        guard let value = Value(json: answer.body), let key = value["AccessKeyId"]?.string,
            let secret = value["SecretAccessKey"]?.string
        else { throw missing("the answer of \(address) holds no credentials") }
        let until = value["Expiration"]?.string.flatMap { try? Timestamp(parsing: $0) }
        return (
            AWSCredentials(key: key, secret: secret, token: value["Token"]?.string),
            until ?? Timestamp(milliseconds: now().milliseconds + 2 * Self.margin)
        )
    }

    private func token() throws(Failure) -> String? {
        guard let path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
            return variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        }
        guard let bytes = try DurableFile.read(path, limit: 64 << 10) else {
            throw missing("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names '\(path)', which is not there")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.prefix { !$0.isNewline })
    }

    private func missing(_ what: String) -> Failure {
        Failure(.stall, reason: "CredentialMissing", message: "no credentials for S3: \(what)")
    }
}

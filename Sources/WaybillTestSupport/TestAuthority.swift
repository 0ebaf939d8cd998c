package import Foundation

/// An authority that openssl makes for a test, with a certificate for this machine.
package struct TestAuthority {
    /// PEM files.
    package let authority: String
    package let certificate: String
    package let key: String

    /// - Parameter names: as openssl writes them: `IP:127.0.0.1,DNS:localhost`.
    package init(in folder: URL, names: String) throws {
        authority = folder.appending(path: "ca.pem").path
        certificate = folder.appending(path: "server.pem").path
        key = folder.appending(path: "server.key").path
        let script = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-authority \
              -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test-server -keyout server.key -out server.csr
            printf 'subjectAltName=\(names)\\n' > server.ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem
            """
        let made = try ChildProgram.runNow(["/bin/sh", "-euc", script], in: folder)
        guard made.status == 0 else {
            throw ScriptServerError(description: "openssl made no certificates in \(folder.path)")
        }
    }
}

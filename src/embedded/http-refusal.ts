/** What a procedure is told that wants to make an HTTP request. */
export const httpRefusal: string =
  'procedure_http_request: the embedded server does not make HTTP requests for procedures';

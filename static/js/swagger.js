// The API documentation: Swagger UI over the OpenAPI text named by [data-openapi], nothing from another host.
const place = document.querySelector("[data-openapi]");

// its big text field has no name for people who hear the page
const named = () => ({
  wrapComponents: {
    TextArea: (Original, { React }) => (props) => React.createElement(Original, { ...props, "aria-label": props["aria-label"] || "Request body" }),
  },
});

window.ui = SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  deepLinking: false, // its links sit inside buttons
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  queryConfigEnabled: false,
  syntaxHighlight: { activated: false },
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [named],
});

// Shows the description of the API that the page links to.
SwaggerUIBundle({
  url: document.querySelector('link[rel="service-desc"]').href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});

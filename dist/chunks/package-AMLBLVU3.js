import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import"./chunk-D5X673HY.js";var n="0.1.0",o={version:n};export{o as default,n as version};
